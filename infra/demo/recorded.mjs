/** Ports of the shop and of payments in recordings/demo-shop.hwrec: what names the services when it is played. */
export const RECORDED = { shop: 18_480, payments: 18_481 };
