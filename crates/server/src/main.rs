//! The program.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use prollite::{Error, Result};
use prollite_server::auth::{self, Scope};
use prollite_server::config::{Config, Options};
use prollite_server::registry::Registry;
use prollite_server::{depot, files, fsck, gc, run};

/// Keeps Prollite databases and serves them over HTTP.
///
///   prollite-server ./data
///
/// serves the databases below ./data to this machine at http://127.0.0.1:8765. In a page or in SQL:
///
///   CALL dolt_remote('add', 'origin', 'http://127.0.0.1:8765/mydb');
///   CALL dolt_push('origin', 'main');
///
/// A database is made by the first push to it. To serve other machines, make a token, put a proxy with TLS in front,
/// and name the origins of your pages:
///
///   prollite-server token add --data ./data --database mydb --scope read,write
///   prollite-server ./data --listen 0.0.0.0:8765 --allow-host db.example.org --allow-origin https://app.example.org
#[derive(Parser)]
#[command(name = "prollite-server", version, verbatim_doc_comment, args_conflicts_with_subcommands = true)]
struct Cli {
    /// The folder of the databases; made if it is not there
    #[arg(env = "PROLLITE_DATA")]
    data: Option<PathBuf>,
    /// A TOML file with these options, by their names without the dashes
    #[arg(long, env = "PROLLITE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Who may do what
    #[command(subcommand)]
    Token(TokenCommand),
    /// Check every pack, index and ref; the server must not be running
    Fsck {
        data: PathBuf,
        /// The bucket, where they are in one; the folder takes copies, and is no running server's
        #[arg(long, env = "PROLLITE_BUCKET", value_name = "URL")]
        bucket: Option<String>,
    },
    /// Remove what no ref reaches and join small packs; the server must not be running (it does this by itself)
    Gc {
        data: PathBuf,
        /// The bucket, where they are in one; the folder takes copies, and is no running server's
        #[arg(long, env = "PROLLITE_BUCKET", value_name = "URL")]
        bucket: Option<String>,
        /// Hours for which files stay that nothing lists any more
        #[arg(long, default_value_t = 24)]
        grace: u64,
    },
    /// Write a database as a folder that any file host can serve; the server must not be running
    Export { data: PathBuf, database: String, folder: PathBuf },
    /// Try whether the folder's file system does what the server relies on
    CheckStore {
        data: PathBuf,
        /// The bucket, where they are in one; the folder takes copies, and is no running server's
        #[arg(long, env = "PROLLITE_BUCKET", value_name = "URL")]
        bucket: Option<String>,
    },
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make a token and print it: it is shown once and kept as a hash
    Add {
        #[arg(long, env = "PROLLITE_DATA")]
        data: PathBuf,
        /// Databases it is for; `*` for all
        #[arg(long, value_delimiter = ',', required = true)]
        database: Vec<String>,
        /// read, write (read too), force (write too, overwrite and remove refs), admin (everything)
        #[arg(long, value_delimiter = ',', required = true)]
        scope: Vec<String>,
        /// Refs it may move, `heads/main` or `heads/ada/*`; all unless given
        #[arg(long, value_delimiter = ',')]
        refs: Vec<String>,
        /// Days until it expires; never unless given
        #[arg(long)]
        days: Option<u32>,
        /// Whose it is, for `token list`
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Show what is known of the tokens
    List {
        #[arg(long, env = "PROLLITE_DATA")]
        data: PathBuf,
    },
    /// Take a token back, by its id
    Remove {
        #[arg(long, env = "PROLLITE_DATA")]
        data: PathBuf,
        id: String,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Some(command) => perform(command),
        None => serve(cli.data, cli.config, cli.options),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("prollite-server: {}: {}", error.code().as_str(), error.message());
            ExitCode::FAILURE
        }
    }
}

fn serve(data: Option<PathBuf>, file: Option<PathBuf>, options: Options) -> Result<ExitCode> {
    let data = data.ok_or_else(|| Error::bad_argument("which folder holds the databases? prollite-server ./data (see --help)"))?;
    let options = match file {
        Some(file) => options.over(Options::read(&file)?),
        None => options,
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("PROLLITE_LOG").unwrap_or_else(|_| "info".into());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match options.log_format.as_deref() {
        Some("json") => log.json().init(),
        None | Some("text") => log.with_ansi(false).init(),
        Some(other) => return Err(Error::bad_argument(format!("log format {other}: expected text or json"))),
    }
    let app = run::app(Config { data, options })?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::internal(format!("no threads: {error}")))?;
    let stop = async {
        let terminated = async {
            match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
                Ok(mut signal) => {
                    signal.recv().await;
                }
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = terminated => {}
        }
    };
    let tell = |address| println!("prollite-server listens at http://{address}");
    runtime.block_on(run::serve(app, stop, tell))?;
    Ok(ExitCode::SUCCESS)
}

fn registry(data: &Path, bucket: Option<String>) -> Result<Registry> {
    Registry::open(data, bucket.as_deref().map(depot::open).transpose()?)
}

fn perform(command: Command) -> Result<ExitCode> {
    match command {
        Command::Token(command) => token(command).map(|()| ExitCode::SUCCESS),
        Command::Fsck { data, bucket } => {
            let registry = registry(&data, bucket)?;
            let mut clean = true;
            for name in registry.names()? {
                let report = fsck::check(&*registry.get(&name, false)?)?;
                clean &= report.problems.is_empty();
                println!("{name}: {} packs, {} refs, {} chunks reached, {} problems", report.packs, report.refs, report.chunks, report.problems.len());
                report.problems.iter().for_each(|problem| println!("  {problem}"));
            }
            Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Gc { data, bucket, grace } => {
            let registry = registry(&data, bucket)?;
            for name in registry.names()? {
                let grace_ms = i64::try_from(grace).unwrap_or(i64::MAX).saturating_mul(3_600_000);
                let done = gc::collect(&*registry.get(&name, false)?, grace_ms)?;
                println!("{name}: {} chunks kept, {} dropped, {} packs, {} files removed", done.kept, done.dropped, done.packs, done.files_removed);
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Export { data, database, folder } => {
            let database = registry(&data, None)?.get(&database, false)?;
            let packs = prollite_server::export::export(&database, &folder)?;
            println!("{packs} packs and refs.json are in {}", folder.display());
            Ok(ExitCode::SUCCESS)
        }
        Command::CheckStore { bucket: Some(bucket), .. } => {
            depot::check(&depot::open(&bucket)?)?;
            println!("{bucket}: conditional writes of sixteen writers at once are as they must be");
            Ok(ExitCode::SUCCESS)
        }
        Command::CheckStore { data, bucket: None } => {
            files::make_folder(&data)?;
            prollite_server::check_store::check(&data)?;
            println!("{}: locks, renames and sixteen writers at once are as they must be", data.display());
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn token(command: TokenCommand) -> Result<()> {
    match command {
        TokenCommand::Add { data, database, scope, refs, days, note } => {
            files::make_folder(&data)?;
            for name in database.iter().filter(|name| *name != "*") {
                prollite::sync::check_database(name)?;
            }
            let scopes = scope.iter().map(|scope| Scope::parse(scope)).collect::<Result<_>>()?;
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_millis() as i64;
            let expires = days.map(|days| now + i64::from(days) * 86_400_000);
            let (secret, token) = auth::make(scopes, database, refs, expires, note)?;
            let mut all = auth::read(&data)?;
            eprintln!("token {} is made; this is the only time that it is shown:", token.id);
            all.push(token);
            auth::write(&data, &all)?;
            println!("{secret}");
        }
        TokenCommand::List { data } => {
            for token in auth::read(&data)? {
                let scopes: Vec<String> = token.scopes.iter().map(|scope| format!("{scope:?}").to_lowercase()).collect();
                let refs = if token.refs.is_empty() { "all refs".into() } else { token.refs.join(",") };
                println!("{}  {}  {}  {refs}  {}", token.id, scopes.join(","), token.databases.join(","), token.note);
            }
        }
        TokenCommand::Remove { data, id } => {
            let mut all = auth::read(&data)?;
            let before = all.len();
            all.retain(|token| token.id != id);
            if all.len() == before {
                return Err(Error::new(prollite::Code::RefNotFound, format!("there is no token {id}")));
            }
            auth::write(&data, &all)?;
        }
    }
    Ok(())
}
