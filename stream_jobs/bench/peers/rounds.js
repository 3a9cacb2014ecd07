// What a peer in Node is asked, as c/floor.c is: VIEWERS PAYLOAD_BYTES, and "go" or "cpu" on stdin.
const { createInterface } = require("readline");
const size = Number(process.argv[3]);

function payload(around) {
  const head = `{"t":${process.hrtime.bigint()},"d":"`;
  return head + "x".repeat(size - around - head.length - 2) + '"}';
}

function sayCpu() {
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ cpu_s: (user + system) / 1e6 }));
}

exports.rounds = (server, port, tell, around = 0) => {
  server.on("listening", () => console.log(JSON.stringify({ port: port() })));
  createInterface({ input: process.stdin })
    .on("line", (line) => (line === "go" ? tell(payload(around)) : sayCpu()))
    .on("close", () => process.exit(0));
};
