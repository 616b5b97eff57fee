/** What was asked for is not possible; the message is for whoever asked. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly statusCode: 404 | 409 | 422

  constructor(statusCode: 404 | 409 | 422, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}
