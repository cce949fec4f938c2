"use strict";
// The SQLite file of the Node.js peers: what one request brings is one transaction, which does not sync.
const Database = require("libsql");

module.exports = (file) => {
  const db = new Database(file);
  db.pragma("journal_mode=WAL");
  db.pragma("synchronous=OFF");
  db.exec("CREATE TABLE IF NOT EXISTS readings (device TEXT, time TEXT, body TEXT, PRIMARY KEY (device, time))");
  const insert = db.prepare("INSERT OR IGNORE INTO readings VALUES (?, ?, ?)");
  return db.transaction((readings) => {
    for (const { device_id, timestamp, ...values } of readings) insert.run(device_id, timestamp, JSON.stringify(values));
  });
};
