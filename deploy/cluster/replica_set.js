// Makes a replica set of the members that HOBNOB_MONGO_MEMBERS names, host:port separated by commas, and waits until it has a
// primary and all members follow. Run it again at any time: a set that is there is left as it is.
//
// Run against the first member, which has the users; the others are empty and are filled from it.

const MEMBERS = process.env.HOBNOB_MONGO_MEMBERS.split(",");
const PATIENCE_S = 180;
const NOT_YET_INITIALIZED = 94;
const NOT_READY = new Set(["NodeNotFound", "HostUnreachable", "InvalidReplicaSetConfig"]);

const admin = db.getSiblingDB("admin");
admin.auth("root", require("fs").readFileSync("/run/secrets/mongo_root", "utf8").trim());

function status() {
  try {
    // Not returned as it is: mongosh would wait for it outside of this block.
    const answer = admin.runCommand({ replSetGetStatus: 1 });
    return answer;
  } catch (error) {
    if (error.code !== NOT_YET_INITIALIZED) throw error;
    return null;
  }
}

function initiate() {
  const members = MEMBERS.map((host, number) => ({ _id: number, host }));
  try {
    rs.initiate({ _id: "hobnob", members });
  } catch (error) {
    if (!NOT_READY.has(error.codeName)) throw error;
    print(`waiting for the members: ${error.codeName}`);
  }
}

function isWhole({ members }) {
  const states = members.map((member) => member.stateStr);
  return states.includes("PRIMARY") && states.every((state) => state === "PRIMARY" || state === "SECONDARY");
}

const deadline = Date.now() + PATIENCE_S * 1000;
let found = status();
const wasThere = found !== null;
while (found === null || !isWhole(found)) {
  if (Date.now() > deadline) {
    print(`the replica set is not whole after ${PATIENCE_S} s: ${JSON.stringify(found?.members?.map((m) => [m.name, m.stateStr]))}`);
    quit(1);
  }
  if (found === null) initiate();
  // One that was there before may have lost a member: it works all the same, and services may start.
  if (wasThere && found.members.some((member) => member.stateStr === "PRIMARY")) break;
  sleep(500);
  found = status();
}
print(`replica set hobnob: ${found.members.map((member) => `${member.name} ${member.stateStr}`).join(", ")}`);
