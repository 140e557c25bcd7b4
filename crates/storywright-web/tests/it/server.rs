//! The server on a real socket: what no in-process request can show.

use crate::support::TestApp;
use actix_web::dev::ServerHandle;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;
use storywright_web::serve;

/// A server on a thread of its own.
fn start() -> (SocketAddr, ServerHandle, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let state = TestApp::state(|_| {}).2;
            let server = serve(state, listener).unwrap();
            tell.send(server.handle()).unwrap();
            server.await.unwrap();
        });
    });
    (address, told.recv().unwrap(), thread)
}

/// Sends bytes and reads until the server closes or says nothing for a while.
fn talk(address: SocketAddr, sent: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
    stream.write_all(sent).unwrap();
    let mut got = Vec::new();
    let mut part = [0; 4_096];
    while let Ok(count) = stream.read(&mut part) {
        got.extend_from_slice(&part[..count]);
        if count == 0 {
            break;
        }
    }
    String::from_utf8_lossy(&got).into_owned()
}

#[test]
fn a_socket_is_answered_and_abuse_is_cut_off() {
    let (address, handle, thread) = start();
    let got = talk(address, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(got.starts_with("HTTP/1.1 200 OK"), "{got}");
    // Two lengths of one body are how requests are smuggled past a proxy.
    let two_lengths = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n";
    let got = talk(address, two_lengths);
    assert!(got.starts_with("HTTP/1.1 400"), "{got}");
    assert_eq!(got.matches("HTTP/1.1 ").count(), 1, "{got}");
    let header = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(300_000));
    let got = talk(address, header.as_bytes());
    assert!(got.is_empty() || got.starts_with("HTTP/1.1 4"), "{got}");
    // Headers that never end are given five seconds.
    let got = talk(address, b"GET /healthz HTTP/1.1\r\nHost: x\r\n");
    assert!(got.starts_with("HTTP/1.1 408"), "{got}");
    actix_web::rt::System::new().block_on(handle.stop(true));
    thread.join().unwrap();
    assert!(TcpStream::connect(address).is_err(), "the server still listens");
}
