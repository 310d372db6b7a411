// State one fact to Hobnob from Node 20+. Needs `npm install @nats-io/transport-node @nats-io/jetstream`.
//
//     NATS_URL=nats://127.0.0.1:4222 node emit.mjs
import { randomUUID } from "node:crypto";
import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";

const owner = process.env.HOBNOB_OWNER ?? "me";
const event = {
  specversion: "1.0",
  type: "hobnob.connection.accepted.v1",
  source: "https://crm.example.com",
  // Where the fact has an id of its own, use that one: the same (source, id) again changes nothing.
  id: randomUUID(),
  time: new Date().toISOString(),
  data: {
    name: "Thaddeus Winterbourne",
    emails: ["thaddeus@example.com"],
    company: "Kestrel Maps",
    title: "Cartographer",
    deliver_now: true,
  },
};

const client = await connect({
  servers: process.env.NATS_URL ?? "nats://127.0.0.1:4222",
  user: process.env.NATS_USER,
  pass: process.env.NATS_PASSWORD,
});
const ack = await jetstream(client).publish(`hobnob.intake.${owner}.connection.accepted`, JSON.stringify(event));
console.log(`stored as ${ack.stream} ${ack.seq}`);
await client.close();
