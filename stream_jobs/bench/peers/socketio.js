// Node and socket.io: one emit to everybody, its engine's WebSocket. Speaks as c/floor.c does.
const { createServer } = require("http");
const { Server } = require("socket.io");
const { rounds } = require("./rounds.js");

const http = createServer();
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false });
http.listen({ port: 0, host: "127.0.0.1", backlog: 4096 });
const AROUND = '42["card",""]'.length;
rounds(http, () => http.address().port, (text) => io.emit("card", JSON.parse(text)), AROUND - 2);
