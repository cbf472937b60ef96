namespace SmtpTls.Module;

/// <summary>A message in a queue as it was given to a parameter: its id, or an object that has one.</summary>
public sealed class MessageArgument
{
    private readonly string _text;

    internal MessageArgument(QueueId id, string? queue, string text) => (Id, Queue, _text) = (id, queue, text);

    /// <summary>The message's id.</summary>
    public QueueId Id { get; }

    /// <summary>The relay's name or the queue's path, where the object told it; or null.</summary>
    internal string? Queue { get; }

    /// <summary>Id, and sender and recipients where they are known.</summary>
    public override string ToString() => _text;
}
