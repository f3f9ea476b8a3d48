// A folder of markdown: one file a block, its settings in front matter. The body's bytes stand after it as they are.
import { listBlocks, needBlock } from './blocks';
import type { Desk } from './desk';
import { Refusal } from './operations';
import { proposeTexts, type Pulled } from './letta';

export const FOLDER_LEAVES_OUT = 'the history, the proposals and their reasons, the agents and the rules';

export interface MarkdownFile {
  name: string;
  text: string;
}

export async function toFiles(desk: Desk): Promise<MarkdownFile[]> {
  const files: MarkdownFile[] = [];
  for (const { id } of await listBlocks(desk)) {
    const { label, title, description, limit, readOnly, body } = await needBlock(desk.db, id);
    // A JSON string is a YAML string as well.
    const settings = Object.entries({ label, title, description, limit, read_only: readOnly }).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
    files.push({ name: `${label}.md`, text: `---\n${settings.join('')}---\n${body}` });
  }
  return files;
}

export interface ReadFile {
  label: string;
  title?: string;
  description?: string;
  limit?: number;
  body: string;
}

/** A file without front matter is a body; its name is then the label. */
export function fromFile({ name, text }: MarkdownFile): ReadFile {
  const label = name.replace(/^.*\//, '').replace(/\.(md|markdown)$/i, '');
  const front = /^---\r?\n([\s\S]*?)(?:^|\r?\n)---(?:\r?\n|$)/m.exec(text);
  if (!front || front.index !== 0) return { label, body: text };
  const found: Record<string, unknown> = {};
  for (const line of (front[1] ?? '').split(/\r?\n/)) {
    const [, key, value] = /^([A-Za-z_][\w-]*):\s*(.*)$/.exec(line) ?? [];
    if (key) found[key] = scalar(value ?? '');
  }
  const read: ReadFile = { label: typeof found.label === 'string' && found.label ? found.label : label, body: text.slice(front[0].length) };
  if (typeof found.title === 'string') read.title = found.title;
  if (typeof found.description === 'string') read.description = found.description;
  if (typeof found.limit === 'number') read.limit = found.limit;
  return read;
}

function scalar(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.replace(/^'(.*)'$/, '$1');
  }
}

/** What differs from the blocks here becomes a proposal of the folder. */
export async function proposeFiles(desk: Desk, files: readonly MarkdownFile[]): Promise<Pulled> {
  if (files.length === 0) throw new Refusal('malformed', 'there is no markdown file');
  return proposeTexts(desk, 'folder', 'Its text differs in the folder.', files.map(fromFile));
}
