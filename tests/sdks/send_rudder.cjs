// Use @rudderstack/rudder-sdk-node as its documentation says: one call of each kind, then flush. Prints the version and the errors.
const RudderAnalytics = require("@rudderstack/rudder-sdk-node");

function main([host, writeKey, userId]) {
  const errors = [];
  const client = new RudderAnalytics(writeKey, {
    dataPlaneUrl: host, flushInterval: 200, retryCount: 3, errorHandler: (error) => errors.push(String(error)),
  });
  client.identify({ userId, traits: { email: `${userId}@example.nl`, plan: "gold" } });
  client.track({
    userId, event: "Order Completed", properties: { revenue: 42.5, currency: "EUR", product_id: "fiets-1" },
  });
  client.page({ userId, category: "Shop", name: "Home", properties: { url: "https://shop.example/" } });
  client.screen({ userId, category: "App", name: "Start" });
  client.group({ userId, groupId: "firm-7", traits: { name: "Bakkerij Smit" } });
  client.alias({ userId, previousId: `${userId}-before` });
  client.track({ anonymousId: `${userId}-device`, event: "Product Viewed" });
  client.flush((error) => {
    if (error) errors.push(String(error));
    console.log(JSON.stringify({ version: require("@rudderstack/rudder-sdk-node/package.json").version, errors }));
  });
}

main(process.argv.slice(2));
