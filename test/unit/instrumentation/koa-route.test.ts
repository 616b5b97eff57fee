import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import Koa from 'koa'
import { expect, test } from 'vitest'
import { followKoaRoutes, koaRouteOf } from '../../../src/instrumentation/koa-route.ts'

class Followed extends Koa {}
followKoaRoutes(Followed)

function contextOf(app: Koa): object {
  const request = new IncomingMessage(new Socket())
  return app.createContext(request, new ServerResponse(request))
}

test('what a router notes is the route, and what it reads again', () => {
  const ctx = contextOf(new Followed())

  expect(koaRouteOf(ctx)).toBeUndefined()
  expect(Object.assign(ctx, { _matchedRoute: '/wallets/:id' })._matchedRoute).toBe('/wallets/:id')
  expect(koaRouteOf(ctx)).toBe('/wallets/:id')
})

test('an application that closed the object of its contexts runs all the same', () => {
  const app = new Followed()
  Object.freeze(app.context)

  const ctx = Object.assign(contextOf(app), { _matchedRoute: '/wallets/:id' })

  expect(koaRouteOf(ctx)).toBe('/wallets/:id')
})
