using System.Globalization;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage;

/// <summary>
/// A relay's hold on a queue: the file <c>.lock</c> beside it, locked by the operating system for as long as the process lives. The
/// file is left there: whoever deleted it could take it from under a relay that has just opened it. Who holds it is told by the queue.
/// </summary>
internal sealed class QueueOwnership : IDisposable
{
    private readonly FileStream _lock;

    private QueueOwnership(FileStream held) => _lock = held;

    /// <summary>Takes the queue; null where somebody else has it.</summary>
    internal static QueueOwnership? TryTake(string path)
    {
        try
        {
            return new QueueOwnership(new FileStream($"{path}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException) && IsHeld(e))
        {
            return null;
        }
    }

    /// <summary>Writes into the queue who has it.</summary>
    internal static void Sign(Database database, DateTimeOffset since) =>
        database["INSERT INTO setting VALUES('owner', ?1) ON CONFLICT DO UPDATE SET value = excluded.value"]
            .Bind(1, string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName}, since {since.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC"))
            .Run();

    /// <summary>Reads who has the queue; null where it does not say.</summary>
    internal static string? ReadOwner(Database database)
    {
        var select = database["SELECT value FROM setting WHERE name = 'owner'"];
        var owner = select.Step() ? select.Text(0) : null;
        select.Reset();
        return owner;
    }

    public void Dispose() => _lock.Dispose();

    // Windows: sharing or lock violation. Elsewhere: the lock would block (EWOULDBLOCK is 11, and 35 on macOS).
    private static bool IsHeld(IOException exception) => OperatingSystem.IsWindows()
        ? (exception.HResult & 0xFFFF) is 32 or 33
        : exception.HResult is 11 or 35;
}
