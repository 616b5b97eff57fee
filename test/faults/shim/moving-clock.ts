/**
 * Sets the wall clock of a process back and forward at chance moments, as an administrator or NTP does: `Date` jumps,
 * the monotonic clock goes on. Loaded before the SDK.
 */
const OFFSETS_MILLIS = [0, -3_600_000, 3_600_000, -1_500, 1_500, -86_400_000, 86_400_000]
const RealDate = Date
let offset = 0
const now = (): number => RealDate.now() + offset

globalThis.Date = new Proxy(RealDate, {
  apply: () => new RealDate(now()).toString(),
  construct: (_, given: unknown[]) =>
    Reflect.construct(RealDate, given.length === 0 ? [now()] : given) as Date,
  get: (_, name) => (name === 'now' ? now : (Reflect.get(RealDate, name) as unknown)),
})
setInterval(() => {
  offset = OFFSETS_MILLIS[Math.floor(Math.random() * OFFSETS_MILLIS.length)] ?? 0
}, 150).unref()
