using System.Net;

namespace SmtpTls.Net;

/// <summary>Counts open connections, in all and by client address, against their limits.</summary>
internal sealed class ConnectionCounter(int maximum, int maximumPerClient)
{
    private readonly Dictionary<IPAddress, int> _clients = [];
    private readonly object _lock = new();
    private int _open;

    /// <summary>How many are open.</summary>
    public int Open
    {
        get
        {
            lock (_lock)
            {
                return _open;
            }
        }
    }

    /// <summary>Counts a connection in; false where a limit is reached and it must be turned away.</summary>
    public bool TryEnter(IPAddress client)
    {
        lock (_lock)
        {
            var count = _clients.GetValueOrDefault(client);
            if (_open >= maximum || count >= maximumPerClient)
            {
                return false;
            }

            _clients[client] = count + 1;
            _open++;
            return true;
        }
    }

    /// <summary>Counts a connection out.</summary>
    public void Leave(IPAddress client)
    {
        lock (_lock)
        {
            _open--;
            if (_clients[client] == 1)
            {
                _clients.Remove(client);
            }
            else
            {
                _clients[client]--;
            }
        }
    }
}
