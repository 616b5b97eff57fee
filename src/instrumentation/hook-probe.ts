/** An ES module that is imported once, only to see whether the module hooks notice. */
export const isProbe = true
