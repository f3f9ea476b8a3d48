// The domain, without a screen. It stands on the package's public API and runs wherever that runs.
export * from './activity';
export * from './agent';
export * from './blocks';
export * from './desk';
export * from './folder';
export * from './forget';
export * from './history';
export * from './letta';
export * from './operations';
export * from './proposals';
export * from './review';
export * from './rules';
export * from './schema';
export * from './sync';
export * from './text';
export * from './transfer';
export * from './undo';
