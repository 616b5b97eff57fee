import type { MakeRecord } from './made-record.ts'
import { TRAIL_STOPPED } from './trail-end.ts'

/** What the trail says about itself. */
export interface OwnEvent {
  readonly eventName: string
  readonly action: string
  /** Numbers are whole. */
  readonly details: Readonly<Record<string, string | number | boolean>>
}

/** Makes the trail's records about itself: actor type `system`, actor id the service's name. */
export type MakeOwnRecord = (event: OwnEvent) => MakeRecord

/** The first record of a stream. */
export function trailStarted(sdkVersion: string, processId: number, threadId: number): OwnEvent {
  return {
    eventName: 'telltale.audit.trail.started',
    action: 'START',
    details: { sdkVersion, processId, threadId },
  }
}

/** The last record of a stream. */
export const TRAIL_STOPPED_CLEANLY: OwnEvent = {
  eventName: TRAIL_STOPPED,
  action: 'STOP',
  details: { clean: true },
}

/** Another stream was found to have ended without saying so. */
export function trailFoundStopped(
  stream: string,
  lastSequence: number,
  skippedBytes: number,
): OwnEvent {
  return {
    eventName: TRAIL_STOPPED,
    action: 'STOP',
    details: { clean: false, stream, lastSequence, skippedBytes },
  }
}

/** A record was set aside because it is refused for itself. */
export function recordParked(details: {
  readonly stream: string
  readonly sequence: number
  readonly recordId: string
  readonly hash: string
  readonly reason: string
}): OwnEvent {
  return { eventName: 'telltale.audit.record.parked', action: 'PARK', details: { ...details } }
}
