/** This machine cannot have the fault, with what it lacks; the row says "not run" and does not count as passed. */
export class NotHere extends Error {}
