using System.Runtime.CompilerServices;
using SmtpTls.Queue;
using SmtpTls.Storage;

namespace SmtpTls.Module;

/// <summary>Opens queues by their path. The one place in the module that knows in what a queue is kept.</summary>
internal static class QueueFile
{
    /// <summary>Opens a queue to run it; makes it where it is not there.</summary>
    /// <param name="path">The full path.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SmtpException">It cannot be opened, or another relay runs it.</exception>
    internal static Task<IQueueStore> OpenForRelayAsync(string path, CancellationToken cancellationToken)
    {
        StorageContext.Register();
        return OpenAsync(path, toRun: true, cancellationToken);
    }

    /// <summary>Opens a queue that is there, beside the relay that runs it or without one.</summary>
    /// <param name="path">The full path.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SmtpException">It is not there, or cannot be opened.</exception>
    internal static Task<IQueueStore> OpenToAdministerAsync(string path, CancellationToken cancellationToken)
    {
        StorageContext.Register();
        return OpenAsync(path, toRun: false, cancellationToken);
    }

    // Apart, because the runtime looks for an assembly when it compiles the method that names its types.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<IQueueStore> OpenAsync(string path, bool toRun, CancellationToken cancellationToken) => await SqliteQueueStore.OpenAsync(
        new SqliteQueueOptions { Path = path, Access = toRun ? QueueAccess.Relay : QueueAccess.Administration }, cancellationToken).ConfigureAwait(false);
}
