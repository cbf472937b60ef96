using System.Globalization;
using System.Management.Automation;

namespace SmtpTls.Module;

/// <summary>Takes the messages that a listener has captured, waiting for those that are still to come.</summary>
[Cmdlet(VerbsCommunications.Receive, "SmtpTlsMessage")]
[OutputType(typeof(ReceivedMessage))]
public sealed class ReceiveSmtpTlsMessageCommand : AsyncCmdlet
{
    private const double LongestSeconds = 4_294_967;

    /// <summary>The listener, or its name.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(ListenerNameCompleter))]
    [ListenerArgument]
    [ValidateNotNull]
    public ListenerArgument? Listener { get; set; }

    /// <summary>How many messages.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int Count { get; set; } = 1;

    /// <summary>Seconds to wait for all of them; 0 takes what is there.</summary>
    [Parameter]
    [ValidateRange(0, LongestSeconds)]
    public double Timeout { get; set; } = 30;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Listener!.Find() is not { } listener)
        {
            WriteError(ListenerSearch.NotFound(Listener.Name));
            return;
        }

        if (listener.Capture is not { } capture)
        {
            WriteError(KeepsNone(listener));
            return;
        }

        var received = 0;
        Run(async stopping =>
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            patience.CancelAfter(TimeSpan.FromSeconds(Timeout));
            while (received < Count && await NextAsync(listener, capture, patience.Token, stopping).ConfigureAwait(false) is { } message)
            {
                received++;
                await OnPipelineAsync(() => WriteObject(message), stopping).ConfigureAwait(false);
            }
        });

        if (received < Count)
        {
            WriteError(ErrorRecords.From(Missing(listener, received), listener));
        }
    }

    private static ErrorRecord KeepsNone(SmtpListener listener) => ListenerRegistry.RelayOf(listener) is { } relay
        ? ErrorRecords.InvalidInput(
            $"The listener '{listener.Name}' takes mail for the relay '{relay.Name}', so there is none to receive.",
            $"Look into the queue with Get-SmtpTlsMessage -Relay {relay.Name}, or receive where the relay delivers to.",
            listener)
        : ErrorRecords.InvalidInput(
            $"The listener '{listener.Name}' writes its messages to a folder, so there is none to receive.",
            "Read the .eml files there, or start the listener without -CapturePath.",
            listener);

    // A stopped listener gets no more messages: there is nothing to wait for.
    private static async Task<ReceivedMessage?> NextAsync(
        SmtpListener listener, MessageCapture capture, CancellationToken patience, CancellationToken stopping)
    {
        if (capture.TryReceive() is { } ready)
        {
            return ready;
        }

        if (!listener.IsRunning)
        {
            return null;
        }

        try
        {
            return await capture.ReceiveAsync(patience).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return null;
        }
    }

    private SmtpFailure Missing(SmtpListener listener, int received) => new()
    {
        Code = FindingCode.TimedOut,
        Message = string.Create(
            CultureInfo.InvariantCulture,
            $"{received} of {Count} messages arrived at the listener '{listener.Name}' {(listener.IsRunning ? $"within {Timeout} s" : "before it was stopped")}."),
        Advice = "Look at what the sender was told, or wait longer with -Timeout.",
    };
}
