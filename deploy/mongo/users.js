// The users of the database: one for each service that has one, who may read and write its own database and nothing else.
//
// The image runs this when it makes a new database. Run it again after a password has changed, or a service has joined:
//
//   docker compose -f deploy/compose.yaml exec mongo mongosh --quiet /docker-entrypoint-initdb.d/users.js

const { readFileSync } = require("fs");

const USERS = { contacts: "hobnob_contacts", notifier: "hobnob_notifier" };
const secret = (name) => readFileSync(`/run/secrets/${name}`, "utf8").trim();

const admin = db.getSiblingDB("admin");
admin.auth("root", secret("mongo_root"));
for (const [user, database] of Object.entries(USERS)) {
  const wanted = { pwd: secret(`mongo_${user}`), roles: [{ role: "readWrite", db: database }] };
  if (admin.getUser(user)) {
    admin.updateUser(user, wanted);
  } else {
    admin.createUser({ user, ...wanted });
  }
}
