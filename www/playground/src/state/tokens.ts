import { signal } from '@preact/signals';

/** What a remote is to be told, kept by its address, in memory alone: a reload forgets it. */
const tokens = new Map<string, string>();

export interface TokenQuestion {
  url: string;
  scope: string;
  /** A token was given before, and the remote refused it. */
  refused: boolean;
  answer(token: string | null): void;
}

/** A remote wants a token, and what was asked of it waits for the person. */
export const asking = signal<TokenQuestion | null>(null);

/** Headers for a remote. Nobody is asked until it has refused to answer without. */
export async function headersFor(url: string, { scope, reason }: { scope: string; reason: 'first' | 'expired' }): Promise<Record<string, string>> {
  const known = tokens.get(url);
  if (reason === 'first') return bearer(known);
  tokens.delete(url);
  const given = await ask(url, scope, known !== undefined);
  if (given) tokens.set(url, given);
  return bearer(given);
}

function bearer(token: string | null | undefined): Record<string, string> {
  return token ? { authorization: `Bearer ${token}` } : {};
}

function ask(url: string, scope: string, refused: boolean): Promise<string | null> {
  asking.peek()?.answer(null);
  return new Promise((resolve) => {
    const question: TokenQuestion = {
      url,
      scope,
      refused,
      answer(token) {
        if (asking.peek() === question) asking.value = null;
        resolve(token);
      },
    };
    asking.value = question;
  });
}

/** A token that is not for what was wanted is asked for again the next time. */
export function forgetTokens(): void {
  tokens.clear();
}
