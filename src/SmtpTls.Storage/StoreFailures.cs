using System.Globalization;
using SmtpTls.Storage.Sqlite;

namespace SmtpTls.Storage;

/// <summary>What goes wrong with a queue, in the words of an administrator.</summary>
internal sealed class StoreFailures(string path)
{
    private const string GoesOn = "Nothing of the change was kept; the queue goes on by itself as soon as it can be written again.";
    private const string Damaged =
        "Nothing was changed or deleted. Keep the file and those beside it, start with another queue path, and recover from a backup or with \"sqlite3 FILE .recover\".";

    /// <summary>A message came with the id of another one: two relays share a store and drew the same number.</summary>
    internal static SmtpException Duplicate(QueueId id) => new(new SmtpFailure
    {
        Code = FindingCode.QueueUnavailable,
        Message = $"There is a message {id} in the queue already.",
        Advice = "The client keeps its message and sends it again, under another id.",
    });

    internal static SmtpException Interrupted(QueueId id) => new(new SmtpFailure
    {
        Code = FindingCode.QueueUnavailable,
        Message = $"Message {id} was swept up half written, because a relay opened the queue meanwhile.",
        Advice = "Nothing of it was kept. Send it again.",
    });

    internal static SmtpException WrongSize(QueueId id, long announced) =>
        Input(string.Create(CultureInfo.InvariantCulture, $"The content of message {id} has not the {announced} bytes that were announced."), "Nothing of it was kept.");

    internal SmtpException Overloaded(int waiting) => new(new SmtpFailure
    {
        Code = FindingCode.QueueUnavailable,
        Message = string.Create(CultureInfo.InvariantCulture, $"{waiting} changes wait to be written to the queue {path}; no more are taken."),
        Advice = "Look at the disk's load; clients try again.",
    });

    /// <summary>The disk is nearly full. The reply is the one that RFC 5321 §4.2.3 has for that.</summary>
    internal SmtpException Reserved(long free, long reserve) => new(new SmtpFailure
    {
        Code = FindingCode.QueueUnavailable,
        Message = string.Create(CultureInfo.InvariantCulture, $"The disk of the queue {path} is nearly full: {free >> 20} MiB are free, and {reserve >> 20} MiB are kept for delivering what is in the queue."),
        Advice = "Make room. Mail that is in the queue goes on being delivered, and new mail is taken as soon as there is space.",
        Reply = new SmtpReply(452, new EnhancedStatusCode(4, 3, 1), ["Insufficient system storage; try again later"]),
    });

    internal SmtpException NoFolder() => Input($"The queue {path} cannot be opened: its folder does not exist.", "Make the folder, or name another path.");

    internal SmtpException IsFolder() => Input($"The queue {path} is a folder.", "Name a file; it is made where it does not exist.");

    internal SmtpException NoFile() => Input($"There is no queue {path}.", "Name the file that a relay was started with.");

    internal SmtpException NotWritable(Exception cause) => new(
        new SmtpFailure
        {
            Code = FindingCode.QueueUnavailable,
            Permanent = true,
            Message = $"The queue {path} cannot be opened: its folder, or a file in it, cannot be written.",
            Advice = "Give the relay's user the right to write there, or name another path.",
            Cause = cause.Message,
        },
        cause);

    internal SmtpException InUse(string? owner) => new(new SmtpFailure
    {
        Code = FindingCode.QueueInUse,
        Message = $"The queue {path} belongs to a running relay{(owner is null ? "" : $": {owner}")}.",
        Advice = "Stop that relay, or name another queue path. To look at the queue or to change it no relay needs to be stopped.",
    });

    internal SmtpException Mismatch(SchemaMismatch mismatch) => mismatch == SchemaMismatch.Newer
        ? Unusable($"The queue {path} was written by a later version of SmtpTls.", "Use that version. Nothing was changed.")
        : Unusable($"The file {path} is a SQLite database, but no queue of SmtpTls.", "Name another path. Nothing was changed.");

    /// <summary>What a caller is told of an exception.</summary>
    internal Exception Of(Exception exception) => exception switch
    {
        DatabaseException database => new SmtpException(Failure(database), database),
        SmtpException or InvalidOperationException => exception,
        _ => new SmtpException(new SmtpFailure { Code = FindingCode.QueueUnavailable, Message = $"The queue {path} could not be changed.", Advice = GoesOn, Cause = exception.Message }, exception),
    };

    internal string Describe(Exception exception) => Of(exception).Message;

    private SmtpFailure Failure(DatabaseException exception)
    {
        var (message, advice, permanent) = exception.Code switch
        {
            DatabaseException.Full => ($"The disk is full: the queue {path} cannot grow.", $"Make room. {GoesOn}", false),
            DatabaseException.InputOutput => ($"The queue {path} could not be read or written.", $"Look at the disk. {GoesOn}", false),
            DatabaseException.Busy => ($"The queue {path} is held by another process's change.", GoesOn, false),
            DatabaseException.Corrupt => ($"The queue {path} is damaged.", Damaged, true),
            DatabaseException.NotADatabase => ($"The file {path} is no queue, or a damaged one.", Damaged, true),
            DatabaseException.ReadOnly or DatabaseException.CannotOpen => ($"The queue {path} cannot be opened for writing.", "Give the relay's user the right to write there.", false),
            _ => ($"The queue {path} could not be read or written.", GoesOn, false),
        };
        return new SmtpFailure
        {
            Code = FindingCode.QueueUnavailable,
            Message = message,
            Advice = advice,
            Permanent = permanent,
            Cause = string.Create(CultureInfo.InvariantCulture, $"SQLite {exception.ExtendedCode}: {exception.Message}"),
        };
    }

    private static SmtpException Input(string message, string advice) =>
        new(new SmtpFailure { Code = FindingCode.InvalidInput, Permanent = true, Message = message, Advice = advice });

    private static SmtpException Unusable(string message, string advice) =>
        new(new SmtpFailure { Code = FindingCode.QueueUnavailable, Permanent = true, Message = message, Advice = advice });
}
