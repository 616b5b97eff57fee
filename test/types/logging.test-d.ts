import { getLogger, setLogLevel, tenant } from '../../src/index.ts'
import { expectTypeOf } from 'expect-type'

const logger = getLogger('billing')
logger.info('paid', { amount: '12.50', error: new Error('no') })
expectTypeOf(logger.child({ job: 7 })).toEqualTypeOf(logger)
expectTypeOf(logger.isEnabled('debug')).toEqualTypeOf<boolean>()
setLogLevel('debug', 'billing')

// @ts-expect-error: fields come after the message
logger.info({ amount: 1 }, 'paid')
// @ts-expect-error: fields have names
logger.warn('late', 7)
// @ts-expect-error: a level that there is not
logger.trace('step')
// @ts-expect-error: a level that there is not
setLogLevel('verbose')
// @ts-expect-error: a logger has a component
getLogger()

expectTypeOf(tenant.run('tenant-1', () => 5)).toEqualTypeOf<number>()
expectTypeOf(tenant.run(undefined, async () => 'x')).resolves.toEqualTypeOf<string>()
expectTypeOf(tenant.current()).toEqualTypeOf<string | undefined>()
// @ts-expect-error: the id is a text
tenant.run(7, () => 5)
// @ts-expect-error: there is nothing to run
tenant.run('tenant-1')
