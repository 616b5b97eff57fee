/** Says what is not as it was promised. @throws {Error} unless `holds` */
export function assert(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message)
}
