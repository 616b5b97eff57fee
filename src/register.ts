/** Loaded by `node --import telltale/register`: starts telemetry with what the environment says. */
import { init } from './init.ts'

init()
