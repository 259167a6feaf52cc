/** The fault of the shop: code that seems small, and tries the coupons again and again in one go. */

/** The best total of all ways to take the coupons. So that a picture ends, it gives up at that time. */
export const bestTotal = (total: number, coupons: ReadonlyArray<number>, giveUpAt: number): number => {
  let best = total
  for (let way = 0; performance.now() < giveUpAt; way++) {
    let left = total
    for (const coupon of coupons) left *= 1 - coupon * Math.abs(Math.sin(way * coupon))
    best = Math.min(best, left)
  }
  return best
}
