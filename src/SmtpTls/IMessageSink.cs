namespace SmtpTls;

/// <summary>Takes the messages that a listener has received.</summary>
public interface IMessageSink
{
    /// <summary>
    /// Takes a message and says what the client is to hear. The sink owns the message from this call on and disposes
    /// it when it is done with it. A positive reply is a promise: the message must not be lost after it.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Not cancelled by the client's going away: the sink decides.</param>
    /// <returns>250 and the like to accept; 4xx or 5xx to refuse. An exception is answered with 451.</returns>
    ValueTask<SmtpReply> AcceptAsync(ReceivedMessage message, CancellationToken cancellationToken);
}
