use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use futures_util::future::{AbortHandle, AbortRegistration};

/// Who converses, and who waits for a place.
///
/// The next place is for the address that has the fewest. Where there is none,
/// one is made: by whoever says nothing, of an address that has more than the
/// one that waits, or else for a while.
pub(super) struct Crowd<S> {
    most: usize,
    /// In the order in which they were admitted.
    conversing: Vec<Guest>,
    /// In the order in which they came.
    waiting: VecDeque<(S, IpAddr)>,
    beats: u32,
    last_number: u64,
}

/// One who converses.
struct Guest {
    number: u64,
    address: IpAddr,
    admitted_at: u32,
    heard: Heard,
    dismissed: AbortHandle,
}

/// One who is let in.
pub(super) struct Admitted<S> {
    pub(super) stream: S,
    pub(super) number: u64,
    pub(super) heard: Heard,
    /// Ends the conversation when somebody else has the place.
    pub(super) dismissal: AbortRegistration,
}

/// Whether a conversation has heard what is wanted of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard(Arc<AtomicBool>);

impl Heard {
    /// It has, and is not ended for somebody else any more.
    pub(crate) fn all(&self) {
        self.0.store(true, Relaxed);
    }
}

impl<S> Crowd<S> {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            conversing: Vec::new(),
            waiting: VecDeque::new(),
            beats: 0,
            last_number: 0,
        }
    }

    /// Somebody has come. Where too many wait, the last one goes of the address
    /// that has the most among them.
    pub(super) fn arrive(&mut self, stream: S, address: IpAddr) {
        self.waiting.push_back((stream, address));
        if self.waiting.len() <= MOST_WAITING {
            return;
        }
        let addresses = || self.waiting.iter().map(|(_, address)| *address);
        if let Some((most, _)) = most_of(&counted(addresses()))
            && let Some(last) = addresses().rposition(|address| address == most)
        {
            self.waiting.remove(last);
        }
    }

    /// Lets the next one in, if there is a place, or one can be made.
    pub(super) fn admit(&mut self) -> Option<Admitted<S>> {
        let of_address = counted(self.conversing.iter().map(|guest| guest.address));
        let has = |address| of_address.get(address).copied().unwrap_or(0);
        let waiting = self.waiting.iter().enumerate();
        let (next, (_, address)) = waiting.min_by_key(|(_, (_, address))| has(address))?;
        if self.conversing.len() >= self.most {
            let silent = self.dismissible(has(address), most_of(&of_address))?;
            let silent = self.conversing.remove(silent);
            silent.dismissed.abort();
            tracing::debug!(address = %silent.address, "who said nothing made room for another");
        }
        let (stream, address) = self.waiting.remove(next)?;
        Some(self.let_in(stream, address))
    }

    /// Whose place it shall be, for an address that has so many.
    fn dismissible(&self, has: usize, most: Option<(IpAddr, usize)>) -> Option<usize> {
        let first = |is_meant: &dyn Fn(&Guest) -> bool| {
            let mut guests = self.conversing.iter();
            guests.position(|guest| !guest.heard.0.load(Relaxed) && is_meant(guest))
        };
        let has_more = most.filter(|(_, count)| *count > has + 1);
        has_more
            .and_then(|(address, _)| first(&|guest| guest.address == address))
            .or_else(|| first(&|guest| self.beats.wrapping_sub(guest.admitted_at) >= A_WHILE))
    }

    fn let_in(&mut self, stream: S, address: IpAddr) -> Admitted<S> {
        let (dismissed, dismissal) = AbortHandle::new_pair();
        let heard = Heard::default();
        self.last_number += 1;
        self.conversing.push(Guest {
            number: self.last_number,
            address,
            admitted_at: self.beats,
            heard: heard.clone(),
            dismissed,
        });
        Admitted {
            stream,
            number: self.last_number,
            heard,
            dismissal,
        }
    }

    /// A conversation is over.
    pub(super) fn leave(&mut self, number: u64) {
        self.conversing.retain(|guest| guest.number != number);
    }

    /// Whether time matters.
    pub(super) fn is_waited_for(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(super) fn beat(&mut self) {
        self.beats = self.beats.wrapping_add(1);
    }
}

fn counted(addresses: impl Iterator<Item = IpAddr>) -> BTreeMap<IpAddr, usize> {
    let mut counts = BTreeMap::new();
    for address in addresses {
        *counts.entry(address).or_default() += 1;
    }
    counts
}

fn most_of(counts: &BTreeMap<IpAddr, usize>) -> Option<(IpAddr, usize)> {
    let most = counts.iter().max_by_key(|(_, count)| **count);
    most.map(|(address, count)| (*address, *count))
}

/// In beats: longer than a handshake and a request take that are on their way.
const A_WHILE: u32 = 3;
/// Each is a file descriptor and nothing else.
const MOST_WAITING: usize = 512;

#[cfg(test)]
mod tests;
