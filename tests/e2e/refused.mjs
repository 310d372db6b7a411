// What a credential may not do, tried with the official client: prints each attempt and the error it met, as JSON.
//
//     NATS_URL=… NATS_USER=… NATS_PASSWORD=… node refused.mjs '{"publish": [subject, …], "subscribe": [subject, …]}'
import { connect } from "@nats-io/transport-node";

const { NATS_URL: servers, NATS_USER: user, NATS_PASSWORD: pass } = process.env;
const wanted = JSON.parse(process.argv[2]);
const client = await connect({ servers, user, pass, inboxPrefix: `_INBOX.${user}`, reconnect: false });
const found = { publish: {}, subscribe: {} };

for (const subject of wanted.publish) {
  // A request: whoever were allowed would get an answer, or hear that nobody is there.
  found.publish[subject] = await client.request(subject, "{}", { timeout: 5_000 }).then(
    (answer) => `answered: ${answer.string()}`,
    (error) => (error.cause ?? error).name,
  );
}
for (const subject of wanted.subscribe) {
  const refusal = new Promise((resolve) => {
    client.subscribe(subject, { callback: (error) => resolve(error ? error.name : "a message came") });
  });
  // The server refuses before it answers the ping of a flush.
  const allowed = client.flush().then(() => new Promise((resolve) => setImmediate(() => resolve("allowed"))));
  found.subscribe[subject] = await Promise.race([refusal, allowed]);
}
await client.close();
console.log(JSON.stringify(found));
