using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using SmtpTls.Queue;

namespace SmtpTls.Storage.Writing;

/// <summary>
/// Brings a message's content into the queue: what fits into one block together with the message, in one change; more of it block by
/// block, each in a transaction of its own, and the message at the end, which makes it all count.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A SemaphoreSlim whose wait handle nobody asked for holds nothing to dispose of.")]
internal sealed class ContentWriter(GroupCommitter committer, SpaceReserve reserve, SqliteQueueOptions options)
{
    /// <summary>Bytes of a block: what of a message is in memory at most.</summary>
    internal const int BlockSize = 256 * 1024;

    // Up to here a session's share is too little to be counted.
    private const int Small = 16 * 1024;

    private readonly SemaphoreSlim _inMemory = new(options.MaximumBlocksInMemory);

    internal async ValueTask<IReadOnlyList<DeliveryLease>> EnqueueAsync(NewMessage message, Stream content, CancellationToken cancellationToken)
    {
        await reserve.ClaimAsync(message.Size, cancellationToken).ConfigureAwait(false);
        var encoded = new EncodedMessage(message);
        var counted = message.Size > Small;
        if (counted)
        {
            await _inMemory.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        // One byte more than is announced: so the end is seen without another buffer.
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(BlockSize, message.Size + 1));
        try
        {
            var limit = (int)Math.Min(BlockSize, message.Size + 1);
            var length = await content.ReadAtLeastAsync(buffer.AsMemory(0, limit), limit, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            if (length < limit || message.Size == BlockSize)
            {
                if (message.Size == BlockSize && await content.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false) != 0)
                {
                    throw StoreFailures.WrongSize(message.Id, message.Size);
                }

                CheckSize(message, length);
                return await committer.SubmitAsync(new EnqueueOperation(encoded, buffer.AsMemory(0, length), blocks: 0), cancellationToken).ConfigureAwait(false);
            }

            return limit < BlockSize
                ? throw StoreFailures.WrongSize(message.Id, message.Size)
                : await EnqueueBlocksAsync(encoded, content, buffer.AsMemory(0, BlockSize), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            if (counted)
            {
                _ = _inMemory.Release();
            }
        }
    }

    private async Task<IReadOnlyList<DeliveryLease>> EnqueueBlocksAsync(EncodedMessage message, Stream content, Memory<byte> block, CancellationToken cancellationToken)
    {
        var id = message.Message.Id;
        var blocks = 0;
        try
        {
            var total = 0L;
            for (var length = block.Length; length > 0;)
            {
                total += length;
                if (total > message.Message.Size)
                {
                    break;
                }

                _ = await committer.SubmitAsync(new AddBlockOperation(id, blocks, block[..length]), cancellationToken).ConfigureAwait(false);
                blocks++;
                length = await content.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            }

            CheckSize(message.Message, total);
            return await committer.SubmitAsync(new EnqueueOperation(message, ReadOnlyMemory<byte>.Empty, blocks), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (blocks > 0)
        {
            await DiscardAsync(id).ConfigureAwait(false);
            throw;
        }
    }

    private async Task DiscardAsync(QueueId id)
    {
        try
        {
            _ = await committer.SubmitAsync(new DiscardBlocksOperation(id), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SmtpException or ObjectDisposedException)
        {
            // The caller hears of what came first. These blocks belong to no message: the next start sweeps them up.
            options.Log?.Invoke($"What was written of message {id} could not be deleted yet: {e.Message}");
        }
    }

    private static void CheckSize(NewMessage message, long length)
    {
        if (length != message.Size)
        {
            throw StoreFailures.WrongSize(message.Id, message.Size);
        }
    }
}
