using System.Reflection;
using System.Text;
using SmtpTls.Queue;

namespace SmtpTls.Tests.Support;

#pragma warning disable CA1852, CA2012 // A proxy is derived from at run time, and hands a ValueTask on as an object.

/// <summary>A queue that only takes messages in, and keeps what it was given.</summary>
internal class IntakeStore : DispatchProxy
{
    private readonly List<(NewMessage Message, string Content)> _taken = [];

    /// <summary>What was taken, in order.</summary>
    public IReadOnlyList<(NewMessage Message, string Content)> Taken
    {
        get
        {
            lock (_taken)
            {
                return _taken.ToArray();
            }
        }
    }

    /// <summary>Thrown in place of taking the next message, after its content was read.</summary>
    public Exception? Fault { get; set; }

    /// <summary>Run before a message is taken.</summary>
    public Func<Task>? Before { get; set; }

    public static (IQueueStore Store, IntakeStore Seen) Create()
    {
        var store = Create<IQueueStore, IntakeStore>();
        return (store, (IntakeStore)(object)store);
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
    {
        nameof(IQueueStore.EnqueueAsync) => EnqueueAsync((NewMessage)args![0]!, (Stream)args[1]!),
        nameof(IQueueStore.FindEventsAsync) => ValueTask.FromResult(Find((TrackingQuery)args![0]!)),
        _ => throw new NotSupportedException(targetMethod.Name),
    };

    private async ValueTask<IReadOnlyList<DeliveryLease>> EnqueueAsync(NewMessage message, Stream content)
    {
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, TestContext.Current.CancellationToken);
        if (Before is not null)
        {
            await Before();
        }

        if (Fault is not null)
        {
            throw Fault;
        }

        lock (_taken)
        {
            _taken.Add((message, Encoding.UTF8.GetString(bytes.ToArray())));
        }

        return [];
    }

    private TrackingPage Find(TrackingQuery query) =>
        new(Taken.SelectMany(t => t.Message.Events).Where(e => e.Id == query.Id).ToArray(), null);
}
