using System.Diagnostics.CodeAnalysis;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage.Writing;

/// <summary>
/// The one writer: a thread with its own connection that makes many callers' changes in one transaction and tells them when
/// it is on disk. What comes in during a commit makes up the next group; nobody is waited for.
/// </summary>
[SuppressMessage("Reliability", "CA1031", Justification = "Whatever goes wrong with a group is told to each of its callers, and the writer goes on.")]
internal sealed class GroupCommitter
{
    private readonly object _gate = new();
    private readonly Queue<WriteOperation> _waiting = new();
    private readonly List<WriteOperation> _group = [];
    private readonly Database _database;
    private readonly QueueTables _tables;
    private readonly SqliteQueueOptions _options;
    private readonly StoreFailures _failures;
    private readonly LogKeeper _log;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Companions _companions;
    private int _awaited;
    private bool _closing;

    internal GroupCommitter(Database database, QueueTables tables, SqliteQueueOptions options, StoreFailures failures)
    {
        _database = database;
        _options = options;
        _failures = failures;
        _tables = tables;
        _log = new LogKeeper(database, options);
        _companions = new Companions(options.MaximumGroupOperations);
    }

    /// <summary>Transactions that were committed.</summary>
    internal long Commits { get; private set; }

    /// <summary>Changes that wait.</summary>
    internal int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    internal void Start() => new Thread(Run) { IsBackground = true, Name = "SmtpTls queue writer" }.Start();

    /// <summary>Hands a change over and waits until it is on disk, or until it is clear that it never will be.</summary>
    internal Task<T> SubmitAsync<T>(WriteOperation<T> operation, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closing, typeof(SqliteQueueStore));
            if (_waiting.Count >= _options.MaximumWaitingOperations)
            {
                throw _failures.Overloaded(_waiting.Count);
            }

            _waiting.Enqueue(operation);
            if (_waiting.Count == _awaited)
            {
                Monitor.Pulse(_gate);
            }
        }

        return cancellationToken.CanBeCanceled ? WaitAsync(operation, cancellationToken) : operation.Completion;
    }

    /// <summary>Commits what was handed over, and closes the connection.</summary>
    internal Task CloseAsync()
    {
        lock (_gate)
        {
            _closing = true;
            Monitor.PulseAll(_gate);
        }

        return _ended.Task;
    }

    private static async Task<T> WaitAsync<T>(WriteOperation<T> operation, CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var waiting = (WriteOperation)state!;
                if (waiting.TryAbandon())
                {
                    waiting.Cancel(token);
                }
            },
            operation).ConfigureAwait(false);
        return await operation.Completion.ConfigureAwait(false);
    }

    private void Run()
    {
        while (TakeGroup())
        {
            Commit();
            _group.Clear();
            TidyUp();
        }

        try
        {
            _log.Close();
        }
        catch (Exception e)
        {
            // A full disk, for one. All that was promised is in the log file, which the next who opens the queue reads.
            _options.Log?.Invoke(_failures.Describe(e));
        }
        finally
        {
            _database.Dispose();
            _ended.SetResult();
        }
    }

    private bool TakeGroup()
    {
        lock (_gate)
        {
            while (_group.Count == 0)
            {
                if (!AwaitSome())
                {
                    return false;
                }

                var weight = 0L;
                while (_group.Count < _options.MaximumGroupOperations && weight < _options.MaximumGroupSize && _waiting.TryDequeue(out var operation))
                {
                    if (operation.TryTake())
                    {
                        weight += operation.Weight;
                        _group.Add(operation);
                    }
                }
            }

            return true;
        }
    }

    // Under the gate.
    private bool AwaitSome()
    {
        _awaited = 1;
        while (_waiting.Count == 0)
        {
            if (_closing)
            {
                return false;
            }

            _ = Monitor.Wait(_gate);
        }

        _awaited = _companions.Expected(_waiting.Count);
        if (_waiting.Count < _awaited && !_closing)
        {
            _ = Monitor.Wait(_gate, Companions.Patience);
        }

        _companions.Came(_waiting.Count);
        return true;
    }

    private void Commit()
    {
        try
        {
            if (!TryTogether())
            {
                OneByOne();
            }
        }
        catch (Exception e)
        {
            FailAll(e);
            return;
        }

        Commits++;
        _companions.Committed(_group.Count, Waiting);
        foreach (var operation in _group)
        {
            if (operation.Failure is { } failure)
            {
                operation.Fail(_failures.Of(failure));
            }
            else
            {
                operation.Succeed();
            }
        }
    }

    // The usual case: no operation fails, and none pays for a savepoint.
    private bool TryTogether()
    {
        Begin();
        try
        {
            foreach (var operation in _group)
            {
                operation.Execute(_tables);
            }
        }
        catch (Exception) when (_group.Count > 1)
        {
            // Which one it was, and why, is found out one by one.
            Rollback();
            return false;
        }
        catch (Exception)
        {
            Rollback();
            throw;
        }

        End();
        return true;
    }

    // Each operation behind a savepoint of its own: one that cannot be done does not touch the others.
    private void OneByOne()
    {
        Begin();
        foreach (var operation in _group)
        {
            _database["SAVEPOINT operation"].Run();
            try
            {
                operation.Execute(_tables);
                operation.Failure = null;
            }
            catch (Exception e)
            {
                _tables.Forget();
                if (!_database.InTransaction)
                {
                    throw;
                }

                _database["ROLLBACK TO operation"].Run();
                operation.Failure = e;
            }

            _database["RELEASE operation"].Run();
        }

        End();
    }

    private void Begin()
    {
        if (_database.InTransaction)
        {
            // What a failed rollback left behind.
            Rollback();
        }

        _database["BEGIN IMMEDIATE"].Run();
        _tables.Begin();
    }

    private void End()
    {
        try
        {
            _database["COMMIT"].Run();
        }
        catch (Exception)
        {
            Rollback();
            throw;
        }
    }

    // SQLite rolls some failures back by itself: then, too, what the tables remember may not be so.
    private void Rollback()
    {
        _tables.Forget();
        if (_database.InTransaction)
        {
            _database["ROLLBACK"].Run();
        }
    }

    private void FailAll(Exception failure)
    {
        _tables.Forget();
        if (failure is DatabaseException)
        {
            _options.Log?.Invoke(_failures.Describe(failure));
        }

        foreach (var operation in _group)
        {
            operation.Fail(_failures.Of(failure));
        }
    }

    // After the callers were told: what keeps the file in shape is at nobody's expense.
    private void TidyUp()
    {
        try
        {
            _log.AfterCommit();
            if (_tables.Blocks.TakeDiscarded() is { } discarded)
            {
                lock (_gate)
                {
                    if (!_closing)
                    {
                        _waiting.Enqueue(discarded);
                    }
                }
            }
        }
        catch (Exception e)
        {
            _options.Log?.Invoke(_failures.Describe(e));
        }
    }
}
