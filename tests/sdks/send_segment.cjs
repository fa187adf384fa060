// Use @segment/analytics-node as its documentation says: one call of each kind, then close. Prints the version and the errors.
const { Analytics } = require("@segment/analytics-node");

async function main([host, writeKey, userId]) {
  const errors = [];
  const analytics = new Analytics({ writeKey, host, path: "/v1/batch", flushInterval: 200, maxRetries: 3 });
  analytics.on("error", (error) => errors.push(String(error.reason ?? error.code)));
  analytics.identify({ userId, traits: { email: `${userId}@example.nl`, plan: "gold" } });
  analytics.track({
    userId, event: "Order Completed", properties: { revenue: 42.5, currency: "EUR", product_id: "fiets-1" },
  });
  analytics.page({ userId, category: "Shop", name: "Home", properties: { url: "https://shop.example/" } });
  analytics.screen({ userId, category: "App", name: "Start" });
  analytics.group({ userId, groupId: "firm-7", traits: { name: "Bakkerij Smit" } });
  analytics.alias({ userId, previousId: `${userId}-before` });
  analytics.track({ anonymousId: `${userId}-device`, event: "Product Viewed" });
  await analytics.closeAndFlush({ timeout: 20000 });
  console.log(JSON.stringify({ version: require("@segment/analytics-node/package.json").version, errors }));
}

main(process.argv.slice(2));
