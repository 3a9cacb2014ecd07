// Node and ws: one send() a client. Speaks as c/floor.c does.
const { WebSocketServer } = require("ws");
const { rounds } = require("./rounds.js");

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", backlog: 4096, perMessageDeflate: false });
rounds(server, () => server.address().port, (text) => {
  for (const client of server.clients) client.send(text);
});
