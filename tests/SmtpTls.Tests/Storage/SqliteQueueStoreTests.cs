using SmtpTls.Queue;
using SmtpTls.Storage;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Storage;

/// <summary>The promises of a queue store, kept in a file.</summary>
public sealed class SqliteQueueStoreTests : QueueStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private protected override async Task<IQueueStore> OpenAsync() =>
        await SqliteQueueStore.OpenAsync(new SqliteQueueOptions { Path = _folder.File("test.queue") }, Cancel);
}
