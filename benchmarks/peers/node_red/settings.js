"use strict";
// One of the three Node-RED processes: no editor, no console but for warnings, its flow and ports from the environment.
module.exports = {
  uiHost: "127.0.0.1",
  uiPort: Number(process.env.PORT),
  userDir: process.env.USER_DIR,
  flowFile: process.env.FLOW_FILE,
  httpAdminRoot: false,
  credentialSecret: false,
  logging: { console: { level: "warn", metrics: false, audit: false } },
  functionGlobalContext: process.env.STORE_FILE ? { store: require("../store.js")(process.env.STORE_FILE) } : {},
};
