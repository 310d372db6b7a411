// State one fact to Hobnob from Node 22+: a connection was accepted. Needs `npm ci` once.
//
//     NATS_URL=… NATS_USER=… NATS_PASSWORD=… node emit.mjs     # as `hobnob emitter add NAME --owner ID` printed them
import { randomUUID } from "node:crypto";
import { connect } from "@nats-io/transport-node";

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

const { NATS_URL: servers, NATS_USER: user, NATS_PASSWORD: pass } = process.env;
const owner = user.split(".")[0]; // <owner>.<name>: who may state facts of whom
const client = await connect({ servers, user, pass, inboxPrefix: `_INBOX.${user}` });

// A request, not a plain publish: the answer is the stream's acknowledgement.
const answer = await client.request(`hobnob.intake.${owner}.connection.accepted`, JSON.stringify(event), { timeout: 10_000 });
const ack = answer.json();
await client.close();
if (ack.error) throw new Error(ack.error.description);
console.log(`stored as ${ack.stream} ${ack.seq}`);
