// Forgetting: what was taken out of a block's text is taken out of its past as well.
import { needBlock } from './blocks';
import { inOneCommit, type Desk } from './desk';

/**
 * The block keeps its present text. Its proposals go, decided or not, since they hold older texts; the history of all
 * blocks becomes one commit; and what nothing reaches any more is removed from the storage of this device. Copies on
 * other devices and in exports are not reached.
 */
export async function forgetPast(desk: Desk, id: string): Promise<{ freed: number }> {
  const { label } = await needBlock(desk.db, id);
  const { rows } = await desk.db.query<{ n: number }>('SELECT COUNT(*) AS n FROM pending_diffs WHERE block_id = ?', [id]);
  if (Number(rows[0]?.n ?? 0) > 0) {
    await inOneCommit(desk, { message: `Forget the past of ${label}`, trailers: { Act: 'forget', Block: label } }, async (tx) => {
      await tx.query('DELETE FROM pending_diffs WHERE block_id = ?', [id]);
    });
  }
  await desk.db.query("CALL dolt_squash_history('-m', ?)", [`The past of ${label} is forgotten\n\nAct: forget\nBlock: ${label}`]);
  return desk.db.gc({ prune: true });
}
