"""Web push: notifications to browsers that the customer allowed them to, by the standards and without a third party's library in the page."""
