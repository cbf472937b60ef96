using SmtpTls.Queue;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Storage;

/// <summary>The stand-in that other tests use keeps the same promises.</summary>
public sealed class MemoryQueueStoreTests : QueueStoreContract
{
    private protected override Task<IQueueStore> OpenAsync() => Task.FromResult<IQueueStore>(new MemoryQueueStore());
}
