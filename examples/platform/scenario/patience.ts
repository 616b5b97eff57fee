/** On a busy machine everything takes its time. */
export const PATIENCE = { withinMillis: 60_000 }
