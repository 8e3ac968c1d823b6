//! Bytes in, bytes out, through a saboteur with a registry behind it that is a script.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use tokio::runtime::{Builder, Runtime};

use super::{Answer, Ending, Listener, Meddler, Message, Observer, Request, RequestHead, ask};

/// A saboteur before a registry that sends `answers`, one after the other, each when `expected` more bytes have come; it
/// reports all that came.
fn stand(meddler: Arc<dyn Meddler>, script: Vec<(usize, Vec<u8>)>) -> (Runtime, Listener, mpsc::Receiver<Vec<u8>>) {
    let registry = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let upstream = registry.local_addr().unwrap().to_string();
    let (sender, received) = mpsc::channel();
    thread::spawn(move || {
        let mut came = Vec::new();
        let Ok((mut stream, _)) = registry.accept() else { return };
        for (expected, answer) in script {
            let mut bytes = vec![0; expected];
            if stream.read_exact(&mut bytes).is_err() {
                break;
            }
            came.extend(bytes);
            if stream.write_all(&answer).is_err() {
                break;
            }
        }
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read_to_end(&mut came);
        let _ = sender.send(came);
    });
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let listener = {
        let _inside = runtime.enter();
        Listener::before(&upstream, meddler).unwrap()
    };
    (runtime, listener, received)
}

fn converse(listener: &Listener, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(listener.authority()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(bytes).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

/// What is sent arrives byte for byte, and so does what is answered.
fn passes(request: &[u8], answer: &[u8]) {
    let script = vec![(request.len(), answer.to_vec())];
    let (_runtime, listener, received) = stand(Arc::new(Observer::default()), script);
    assert_eq!(
        String::from_utf8_lossy(&converse(&listener, request)),
        String::from_utf8_lossy(answer)
    );
    assert_eq!(
        String::from_utf8_lossy(&received.recv().unwrap()),
        String::from_utf8_lossy(request)
    );
}

#[test]
fn plain_messages_pass_as_they_are() {
    passes(
        b"GET /v2/../x?a=%2F HTTP/1.1\r\nHOST: x\r\nx-Odd-CASE:  two  spaces \r\n\r\n",
        b"HTTP/1.1 200 Fine By Me\r\nContent-Length: 2\r\nlocation: /x\r\nLOCATION: /y\r\n\r\n{}",
    );
    passes(
        b"PUT /v2/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nTrailer: z\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    );
    passes(
        b"HEAD / HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n",
    );
    passes(b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\nuntil the end");
}

#[test]
fn odd_messages_pass_as_they_are() {
    for request in [
        &b"GET / HTTP/1.1\nHost: x\n\n"[..],
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"GET / HTTP/1.0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
        b"GET / HT",
        b"PUT / HTTP/1.1\r\nContent-Length: 10\r\n\r\nshort",
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnot chunked at all",
    ] {
        passes(request, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    // What is no answer passes too, and nothing at all.
    passes(b"GET / HTTP/1.1\r\n\r\n", b"nonsense\r\n");
    passes(
        b"GET / HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nless",
    );
    passes(b"GET / HTTP/1.1\r\n\r\n", b"");
}

#[test]
fn several_requests_go_one_after_the_other_on_one_connection() {
    let one = b"PUT /1 HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi";
    let two = b"GET /2 HTTP/1.1\r\n\r\n";
    let answers = [
        &b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
    ];
    let script = vec![(one.len(), answers[0].to_vec()), (two.len(), answers[1].to_vec())];
    let (_runtime, listener, received) = stand(Arc::new(Observer::default()), script);
    assert_eq!(converse(&listener, &[&one[..], two].concat()), answers.concat());
    assert_eq!(received.recv().unwrap(), [&one[..], two].concat());
}

#[test]
fn a_large_body_is_passed_on_before_it_is_whole() {
    let head = b"PUT / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n";
    // The registry answers when a part of it is there: it would not, were it held until it is whole.
    let script = vec![(
        head.len() + 1000,
        b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n".to_vec(),
    )];
    let (_runtime, listener, _received) = stand(Arc::new(Observer::default()), script);
    let mut stream = TcpStream::connect(listener.authority()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(head).unwrap();
    stream.write_all(&[b'x'; 1000]).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

/// Answers `/lie` by itself, and asks the registry for `/ask`, whose answer it changes.
#[derive(Debug)]
struct Liar;

impl Meddler for Liar {
    fn wants(&self, head: &RequestHead) -> bool {
        head.target != "/pass"
    }

    fn answer<'a>(
        &'a self,
        request: Request,
        authority: &'a str,
    ) -> futures_util::future::BoxFuture<'a, Option<Answer>> {
        Box::pin(async move {
            match request.target.as_str() {
                "/lie" => {
                    let mut answer = Answer::new(200);
                    answer.set_body(request.body);
                    Some(answer)
                }
                "/ask" => {
                    let mut answer = ask(authority, &request).await.unwrap();
                    answer.set_status(404);
                    answer.ending = Ending::Close;
                    Some(answer)
                }
                _ => None,
            }
        })
    }
}

#[test]
fn what_is_meddled_with_is_answered_and_the_connection_goes_on() {
    let script = vec![(51, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi".to_vec())];
    let (_runtime, listener, received) = stand(Arc::new(Liar), script);
    let requests = b"PUT /lie HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nPUT /ask HTTP/1.1\r\nContent-Length: 1\r\n\r\nx";
    assert_eq!(
        String::from_utf8_lossy(&converse(&listener, requests)),
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nhi"
    );
    let asked = received.recv().unwrap();
    assert!(asked.starts_with(b"PUT /ask HTTP/1.1\r\n"), "{asked:?}");
    assert!(asked.ends_with(b"\r\n\r\nx"), "{asked:?}");
}

#[test]
fn a_liar_may_say_nothing_at_all() {
    let (_runtime, listener, _received) = stand(Arc::new(Liar), Vec::new());
    assert_eq!(converse(&listener, b"GET /silence HTTP/1.1\r\n\r\n"), b"");
}
