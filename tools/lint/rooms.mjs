// The import table of ARCHITECTURE.md as a rule: reads the table itself, then every import by the TypeScript AST.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { builtinModules, createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

/** room (`libs/capture`) -> rooms of ours it may import (`header-event`); rows whose column says `any` or `-` are as they say. */
export function importTable(architecture) {
  const table = new Map();
  for (const row of architecture.split('\n')) {
    const cells = row.split('|').map((c) => c.trim());
    const room = /^`((?:libs|apps)\/[\w-]+)`$/.exec(cells[1] ?? '')?.[1];
    if (room) table.set(room, cells[3] === '-' ? [] : cells[3].split(',').map((s) => s.trim()));
  }
  return table;
}

/** Every module specifier of a source text: import, export from, import(), require(), type imports. */
export function specifiersOf(ts, fileName, text) {
  const found = [];
  const source = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest, true);
  const visit = (node) => {
    const literal =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
          ? node.argument.literal
          : ts.isCallExpression(node) && (node.expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(node.expression) && node.expression.text === 'require'))
            ? node.arguments[0]
            : undefined;
    if (literal && ts.isStringLiteralLike(literal))
      found.push({
        text: literal.text,
        typeOnly: ts.isImportDeclaration(node)
          ? node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword || node.importClause?.isTypeOnly === true
          : ts.isExportDeclaration(node)
            ? node.isTypeOnly
            : ts.isImportTypeNode(node),
        line: source.getLineAndCharacterOfPosition(literal.getStart()).line + 1,
      });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** @returns {string[]} one line for each forbidden import, `path:line: what is wrong` */
export function checkRooms(root) {
  const ts = createRequire(join(root, 'package.json'))('typescript');
  const table = importTable(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'));
  const rootPackage = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const problems = [];
  for (const group of ['libs', 'apps']) {
    for (const name of readdirSync(join(root, group))) {
      const room = `${group}/${name}`;
      if (!existsSync(join(root, room, 'package.json'))) continue;
      const allowed = table.get(room);
      if (!allowed) {
        problems.push(`${room}: is not in the table of ARCHITECTURE.md`);
        continue;
      }
      checkRoom({ ts, root, room, allowed, rootPackage, problems });
    }
  }
  return problems;
}

function checkRoom({ ts, root, room, allowed, rootPackage, problems }) {
  const manifest = JSON.parse(readFileSync(join(root, room, 'package.json'), 'utf8'));
  for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
    const ours = /^@headwater\/(.+)$/.exec(dependency)?.[1];
    if (ours && !allowed.includes(ours)) problems.push(`${room}/package.json: ${room} may not depend on ${ours} (may: ${allowed.join(', ') || 'nothing of ours'})`);
  }
  const own = join(root, room);
  const staged = existsSync(join(own, 'src/pipeline.ts'));
  for (const file of sources(join(own, 'src'))) {
    const path = relative(root, file);
    const test = /(^|[./])(spec|integration|contract|fc|model)\.ts$|\/(testing|fixtures)\//.test(path) || !/^src\//.test(relative(own, file));
    const known = new Set([
      ...Object.keys(manifest.dependencies ?? {}),
      ...(test ? [...Object.keys(manifest.devDependencies ?? {}), ...Object.keys(rootPackage.devDependencies ?? {})] : []),
    ]);
    for (const { text, line, typeOnly } of specifiersOf(ts, file, readFileSync(file, 'utf8'))) {
      const at = `${path}:${line}: `;
      if (text.startsWith('.')) {
        const target = resolve(dirname(file), text);
        if (test && relative(root, target).startsWith('infra/')) continue; // tests start the real servers themselves
        if (relative(own, target).startsWith('..')) problems.push(`${at}${text} leaves ${room}; import the package by its name, if the table allows it`);
        else if (staged && !typeOnly) {
          // A type names what a stage is handed; only code couples stages.
          const [from, to] = [stage(own, file), stage(own, target)];
          if (from && to && from !== to && !test) problems.push(`${at}stage ${from}/ may not import stage ${to}/; pipeline.ts joins them`);
        }
        continue;
      }
      if (text.startsWith('node:') || builtinModules.includes(text)) continue;
      const ours = /^@headwater\/([^/]+)/.exec(text)?.[1];
      if (ours) {
        if (!allowed.includes(ours)) problems.push(`${at}${room} may not import ${ours} (may: ${allowed.join(', ') || 'nothing of ours'})`);
        continue;
      }
      const name = text
        .split('/')
        .slice(0, text.startsWith('@') ? 2 : 1)
        .join('/');
      if (!known.has(name) && !(name.startsWith('@types/') || known.has(`@types/${name}`))) problems.push(`${at}${name} is not among the dependencies of ${room}/package.json`);
    }
  }
}

/** First folder below src/; null for files right in src/, which see everything. */
function stage(own, file) {
  const parts = relative(join(own, 'src'), file).split('/');
  return parts.length > 1 ? parts[0] : null;
}

function* sources(dir) {
  if (!existsSync(dir)) return;
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    if (statSync(path).isDirectory()) yield* sources(path);
    else if (/\.[cm]?tsx?$/.test(name) && !name.endsWith('.d.ts')) yield path;
  }
}
