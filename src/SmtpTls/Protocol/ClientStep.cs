namespace SmtpTls.Protocol;

/// <summary>What the owner of the connection has to do after sending a step's commands.</summary>
internal enum ClientAction
{
    /// <summary>Read one reply and give it to the dialogue.</summary>
    ReadReply,

    /// <summary>Perform the TLS handshake and verify the peer.</summary>
    Handshake,

    /// <summary>Send the message's bytes, dot-stuffed and ended.</summary>
    SendBody,

    /// <summary>Send the message's bytes, as <see cref="ClientEnvelope.ChunkSize"/> counts them, in one write with the lines: BDAT is the last of these.</summary>
    SendChunk,

    /// <summary>The session is open and idle: begin an envelope, or quit.</summary>
    Ready,

    /// <summary>All was said; close the connection.</summary>
    Finished,

    /// <summary>Nothing more is to be said; close the connection. The dialogue's failure tells why.</summary>
    Failed,
}

/// <summary>One step of the dialogue: what to send, and what to do then.</summary>
/// <param name="Commands">Lines to send in one write; several where the server pipelines (RFC 2920).</param>
/// <param name="Next">What to do after that.</param>
/// <param name="State">The wait that begins, with its phase, phrase and time-out in <see cref="ClientStates"/>.</param>
internal sealed record ClientStep(IReadOnlyList<ClientCommand> Commands, ClientAction Next, ClientState State)
{
    public static ClientStep Send(ClientCommand command, ClientState state) => new([command], ClientAction.ReadReply, state);

    public static ClientStep Wait(ClientState state) => new([], ClientAction.ReadReply, state);

    public static ClientStep Do(ClientAction action, ClientState state) => new([], action, state);
}
