// A first day: three blocks, and an agent that has something to say. The agent talks as any agent does, in messages.
import { createBlock } from '../domain';
import { act } from './act';
import { ask } from './simulated';

const STUDENT = `# Ada

Second-year student of mathematics. Reads papers in the morning and writes in the evening.

## How to talk with me

Plain words, one question at a time.

## What I find hard

Starting. Once there is a first page, the rest comes.`;

const JOURNEY = `## Where the essay stands

The first draft is done: 640 words, the limit is 650.

## Next

Find the sentence that the essay is about.`;

const GOALS = `- Apply for the summer school before March
- Read one paper a week
- Sleep before midnight, mostly`;

export function loadExample(): Promise<boolean> {
  return act('Setting up the example', async (desk) => {
    await createBlock(desk, { label: 'student', title: 'Who I am', description: 'Who Ada is and how to talk with her.', body: STUDENT, limit: 2000 });
    await createBlock(desk, { label: 'journey', title: 'The essay so far', description: 'Where the essay stands and what comes next.', body: JOURNEY, limit: 1200 });
    await createBlock(desk, { label: 'goals', title: 'This term', description: 'What Ada is after.', body: GOALS, limit: 800 });
    await ask({ agent: 'tutor', block: 'student', operation: 'replace', anchor: 'Plain words, one question at a time.', value: 'Plain words, one question at a time. Examples before definitions.', reasoning: 'Asked for an example before each definition, three sessions in a row.', confidence: 'high' });
    await ask({ agent: 'essay-coach', block: 'journey', operation: 'full_replace', value: JOURNEY.replace('The first draft is done: 640 words, the limit is 650.', 'The second draft is done: 612 words, the limit is 650.').replace('Find the sentence that the essay is about.', 'Ask two people which sentence they remember.\nThen cut what does not serve it.'), reasoning: 'The new draft was uploaded today, and the sentence has been found.', confidence: 'medium' });
    await ask({ agent: 'tutor', block: 'goals', operation: 'append', value: '- Give the talk on prime gaps in April', reasoning: 'The seminar list came out; the talk is on it.', confidence: 'high' });
    await ask({ agent: 'calendar', reasoning: 'The deadline moved, in both places where it stands.', confidence: 'high', edits: [
      { block: 'goals', operation: 'replace', anchor: 'before March', value: 'before 12 March' },
      { block: 'journey', operation: 'append', value: 'Hand in by 12 March.' },
    ] });
    await ask({ agent: 'listener', block: 'student', operation: 'append', value: '\nSeems to prefer tea.', reasoning: 'Mentioned once, in passing.', confidence: 'low', expiresAt: new Date(Date.now() + 20 * 3_600_000).toISOString() });
    return 'Three blocks are here, and some proposals wait for you.';
  });
}
