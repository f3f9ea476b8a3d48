//! Leaves out of the engine what GlueSQL would do for statements that it is never given.
//!
//! Its executor runs one constant statement over our rows, and that holds no expression (`src/sql/storage/`). The linker
//! cannot know that: the row loop holds a call of GlueSQL's evaluator, and behind it lie its functions, its arithmetic
//! of every type and its translation of statements, a seventh of the package. Here these functions become a trap, and
//! what only they reach goes away: the technique of `wasm-snip`
//! (https://rustwasm.github.io/docs/book/reference/code-size.html). Were one of them called after all, the query would
//! end in the error of a panic; the browser's tests run on the trimmed engine.

use walrus::{FunctionId, FunctionKind, LocalFunction, Module};

/// What of GlueSQL no statement of ours reaches, by module.
const NEVER_CALLED: &[&str] = &[
    "gluesql_core::executor::alter::",
    "gluesql_core::executor::delete::",
    "gluesql_core::executor::evaluate::",
    "gluesql_core::executor::filter::",
    "gluesql_core::executor::insert::",
    "gluesql_core::executor::query::aggregation::",
    "gluesql_core::executor::query::distinct::",
    "gluesql_core::executor::query::filter::",
    "gluesql_core::executor::query::having::",
    "gluesql_core::executor::query::join::",
    "gluesql_core::executor::query::limit::",
    "gluesql_core::executor::query::offset::",
    "gluesql_core::executor::query::order_by::",
    "gluesql_core::executor::query::source::derived::",
    "gluesql_core::executor::query::source::dictionary::",
    "gluesql_core::executor::query::source::series::",
    "gluesql_core::executor::query::values::",
    "gluesql_core::executor::update::",
    "gluesql_core::executor::validate::",
    "gluesql_core::translate::",
];

/// Instructions. The compiler keeps one body for functions that are the same to the letter, and a short one may be
/// the same as one that is called.
const SHORT: u64 = 64;

/// Errors name a module of which the engine holds nothing: the list has to be true.
pub fn trim(module: &mut Module) -> Result<(), String> {
    for path in NEVER_CALLED {
        let found: Vec<FunctionId> = module
            .funcs
            .iter_local()
            .filter(|(id, function)| {
                let name = module.funcs.get(*id).name.as_deref();
                name.is_some_and(|name| name.starts_with(path)) && function.size() > SHORT
            })
            .map(|(id, _)| id)
            .collect();
        if found.is_empty() {
            return Err(format!("the engine holds nothing of `{path}`: take it off the list of what is left out"));
        }
        for id in found {
            let trap = trap(module, id);
            module.funcs.get_mut(id).kind = FunctionKind::Local(trap);
        }
    }
    walrus::passes::gc::run(module);
    Ok(())
}

fn trap(module: &mut Module, function: FunctionId) -> LocalFunction {
    let kind = module.types.get(module.funcs.get(function).ty());
    let (params, results) = (kind.params().to_vec(), kind.results().to_vec());
    let mut builder = walrus::FunctionBuilder::new(&mut module.types, &params, &results);
    builder.func_body().unreachable();
    let arguments = params.iter().map(|kind| module.locals.add(*kind)).collect();
    builder.local_func(arguments)
}
