/** Takes whatever is sent by HTTP and answers 200: a back end that costs next to nothing. */
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ORDER_VARIABLE, type SinkOrder } from './order.ts'

const order: SinkOrder = JSON.parse(process.env[ORDER_VARIABLE] ?? '')
const server = createServer((request, response) => {
  request.resume().on('end', () => response.end())
})
server.listen(0, '127.0.0.1', () => {
  writeFileSync(order.portFile, String((server.address() as AddressInfo).port))
})
