import { readFileSync } from 'node:fs'
import { type Comment, parseSync, type Program, type TSInterfaceDeclaration } from 'oxc-parser'

/** Something that a module exports. */
export interface Exported {
  readonly name: string
  /** The folder of src in which it is declared, at any depth; empty for src itself. */
  readonly folder: string
  readonly isType: boolean
  /** Its doc comment as Markdown. */
  readonly about: string
  /** Its declaration, without what it does. */
  readonly code: string
  /** The interfaces of this package that it extends. */
  readonly bases: readonly Exported[]
}

interface Source {
  readonly path: string
  readonly text: string
  readonly body: Program['body']
  readonly comments: readonly Comment[]
}

type Statement = Program['body'][number]
type Declaration = NonNullable<
  Extract<Statement, { type: 'ExportNamedDeclaration' }>['declaration']
>

const repository = new URL('../', import.meta.url)
const sources = new Map<string, Source>()

/** What a module of src exports, in its order, followed to where it is declared. */
export function exportsOf(path: string): readonly Exported[] {
  const names = read(path).body.flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration') return []
    return statement.declaration
      ? namesOf(statement.declaration)
      : statement.specifiers.map(({ exported }) => nameOf(exported))
  })
  // An overloaded function is there more than once.
  const found = [...new Set(names)].map((name) => find(path, name))
  // What is built upon is shown too: its members are those of what is exported.
  const bases = found.flatMap(({ folder, bases: own }) =>
    own.filter(({ name }) => !names.includes(name)).map((base) => ({ ...base, folder })),
  )
  return [...found, ...new Map(bases.map((base) => [base.name, base])).values()]
}

function read(path: string): Source {
  let source = sources.get(path)
  if (!source) {
    const text = readFileSync(new URL(path, repository), 'utf8')
    const { program, comments, errors } = parseSync(path, text)
    if (errors.length > 0) throw new Error(`${path}: ${errors[0]!.message}`)
    source = { path, text, body: program.body, comments }
    sources.set(path, source)
  }
  return source
}

function find(path: string, name: string): Exported {
  const source = read(path)
  const found: Declaration[] = []
  for (const statement of source.body) {
    if (statement.type !== 'ExportNamedDeclaration') continue
    if (statement.declaration && namesOf(statement.declaration).includes(name)) {
      found.push(statement.declaration)
    }
    const specifier = statement.specifiers.find(({ exported }) => nameOf(exported) === name)
    if (specifier && statement.source) {
      return find(resolve(path, statement.source.value), nameOf(specifier.local))
    }
  }
  const [first] = found
  if (!first) throw new Error(`${path} does not declare what it exports: ${name}`)
  // Of an overloaded function the last one is not for callers.
  const shown = found.length > 1 ? found.slice(0, -1) : found
  return {
    name,
    folder: path.split('/').slice(1, -1)[0] ?? '',
    isType: first.type === 'TSInterfaceDeclaration' || first.type === 'TSTypeAliasDeclaration',
    about: aboutOf(source, first, name),
    code: shown.map((declaration) => codeOfDeclaration(source, declaration)).join('\n'),
    bases: first.type === 'TSInterfaceDeclaration' ? basesOf(source, first) : [],
  }
}

function basesOf({ path, body }: Source, { extends: bases }: TSInterfaceDeclaration): Exported[] {
  return bases.flatMap(({ expression }) => {
    const name = nameOf(expression)
    for (const statement of body) {
      if (statement.type !== 'ImportDeclaration' || !statement.source.value.startsWith('.'))
        continue
      const isThere = statement.specifiers.some(({ local }) => nameOf(local) === name)
      if (isThere) return [find(resolve(path, statement.source.value), name)]
    }
    const isExportedHere = body.some(
      (statement) =>
        statement.type === 'ExportNamedDeclaration' &&
        statement.declaration &&
        namesOf(statement.declaration).includes(name),
    )
    return isExportedHere ? [find(path, name)] : []
  })
}

function resolve(path: string, specifier: string): string {
  return new URL(specifier, `file:///${path}`).pathname.slice(1)
}

function namesOf(declaration: Declaration): readonly string[] {
  if (declaration.type === 'VariableDeclaration') {
    return declaration.declarations.map(({ id }) => nameOf(id))
  }
  return 'id' in declaration && declaration.id ? [nameOf(declaration.id)] : []
}

function nameOf(node: { readonly type: string }): string {
  if ('name' in node && typeof node.name === 'string') return node.name
  throw new Error(`no name in a node of the type ${node.type}`)
}

/** Everything but bodies and values. */
function codeOfDeclaration({ text, comments }: Source, declaration: Declaration): string {
  const until = (end: number): string => text.slice(declaration.start, end).trimEnd()
  switch (declaration.type) {
    case 'FunctionDeclaration':
    case 'TSDeclareFunction':
      return until(declaration.body?.start ?? declaration.end)
    case 'VariableDeclaration':
      return until(declaration.declarations[0]!.id.end)
    case 'ClassDeclaration': {
      const members = declaration.body.body.flatMap((member) => {
        const isPublic = 'key' in member && member.key.type !== 'PrivateIdentifier'
        if (
          !isPublic ||
          (member.type !== 'PropertyDefinition' && member.type !== 'MethodDefinition')
        )
          return []
        const end =
          member.type === 'MethodDefinition'
            ? (member.value.body?.start ?? member.end)
            : (member.value?.start ?? member.end)
        const comment = commentBefore(text, comments, member.start)
        const start = comment?.start ?? member.start
        return [`  ${text.slice(start, end).replace(/\s*=?\s*$/, '')}`]
      })
      return `${until(declaration.body.start)} {\n${members.join('\n')}\n}`
    }
    default:
      return until(declaration.end)
  }
}

function commentBefore(
  text: string,
  comments: readonly Comment[],
  start: number,
): Comment | undefined {
  return comments.find(
    ({ type, value, end }) =>
      type === 'Block' &&
      value.startsWith('*') &&
      end <= start &&
      /^\s*$/.test(text.slice(end, start)),
  )
}

function aboutOf({ path, text, comments }: Source, declaration: Declaration, name: string): string {
  const start = text.lastIndexOf('export', declaration.start)
  const comment = commentBefore(text, comments, start)
  if (!comment) throw new Error(`${path}: ${name} is exported and has no doc comment`)
  const lines = comment.value
    .slice(1)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
  const [prose = '', ...tags] = lines.join('\n').split(/\n(?=@)/)
  return [toParagraphs(prose), tags.map(toItem).join('\n')]
    .filter((part) => part !== '')
    .join('\n\n')
}

function toParagraphs(prose: string): string {
  return prose
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => unwrap(paragraph))
    .join('\n\n')
}

/** `@param name - about` and the like, as an item of a list. */
function toItem(tag: string): string {
  const [, kind = '', rest = ''] = /^@(\w+)\s*([\s\S]*)$/.exec(unwrap(tag)) ?? []
  const [, name, about] = /^(\w+) - (.*)$/.exec(rest) ?? []
  if (kind === 'param' && name) return `- \`${name}\`: ${about}`
  if (kind === 'see') return `- See ${rest}`
  return `- ${kind === 'throws' ? 'Throws' : kind} ${rest.replace(/^\{(\w+)\}/, '`$1`:')}`
}

function unwrap(text: string): string {
  return text
    .replaceAll(/\{@link ([^}]+)\}/g, '`$1`')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim()
}
