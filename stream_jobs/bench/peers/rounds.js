// What a peer in Node is asked: VIEWERS MESSAGES GAP_SECONDS PAYLOAD_BYTES, and "go" on stdin.
const [viewers, messages, gap, size] = process.argv.slice(2).map(Number);
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

function payload(around) {
  const head = `{"t":${process.hrtime.bigint()},"d":"`;
  return head + "x".repeat(size - around - head.length - 2) + '"}';
}

async function round(tell, around) {
  const before = process.cpuUsage();
  for (let nth = 0; nth < messages; nth++) {
    tell(payload(around));
    await wait(gap * 1000);
  }
  const used = process.cpuUsage(before);
  console.log(JSON.stringify({ us_per_delivery: (used.user + used.system) / (viewers * messages) }));
}

exports.rounds = (server, port, tell, around = 0) => {
  server.on("listening", () => console.log(JSON.stringify({ port: port() })));
  process.stdin.on("data", () => round(tell, around));
  process.stdin.on("end", () => process.exit(0));
};
