//! Reads the pickle of a `PyTorch` archive without running anything: it knows dictionaries, tuples,
//! numbers and texts, how a tensor is put together, and nothing else.
//!
//! Values refer to their parts by number, so that however deep a file nests them, nothing recurses.
//! Every instruction adds at most one value and one container, and their number is bounded.

use std::collections::HashMap;
use std::str;

use crate::element::Element;

// The largest published file takes 20 thousand.
const MOST_STEPS: usize = 1 << 20;

/// A tensor as the pickle describes it; nothing in it is checked against its storage yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PickledTensor<'a> {
    pub(crate) element: Element,
    /// Name of its storage in the archive.
    pub(crate) key: &'a str,
    /// Numbers that its storage should hold.
    pub(crate) numbers: i64,
    /// Number of the storage that comes first.
    pub(crate) offset: i64,
    shape: usize,
    strides: usize,
}

/// Why a pickle was not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PickleError {
    /// It asks for this to be run.
    Code(String),
    /// It does not make sense.
    Damaged(String),
}

/// What a pickle holds.
pub(crate) struct Pickled<'a> {
    containers: Vec<Vec<Value<'a>>>,
    /// The tensors of the outermost dictionary.
    pub(crate) tensors: Vec<(&'a str, PickledTensor<'a>)>,
}

impl Pickled<'_> {
    /// Edges and strides of a tensor; `None` if they are not numbers.
    pub(crate) fn edges(&self, tensor: &PickledTensor<'_>) -> Option<(Vec<i64>, Vec<i64>)> {
        let numbers = |id: usize| -> Option<Vec<i64>> {
            let values = self.containers.get(id)?.iter();
            values.map(|value| if let Value::Int(i) = value { Some(*i) } else { None }).collect()
        };
        Some((numbers(tensor.shape)?, numbers(tensor.strides)?))
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Value<'a> {
    Mark,
    /// Anything that no tensor depends on.
    Plain,
    Int(i64),
    Text(&'a str),
    Tuple(usize),
    List(usize),
    /// Keys and values in turn.
    Dict(usize),
    OrderedDict,
    RebuildTensor,
    StorageType(Element),
    Storage {
        element: Element,
        key: &'a str,
        numbers: i64,
    },
    Tensor(PickledTensor<'a>),
}

struct Machine<'a> {
    input: &'a [u8],
    stack: Vec<Value<'a>>,
    memo: HashMap<u32, Value<'a>>,
    containers: Vec<Vec<Value<'a>>>,
}

/// Reads a pickle to its end.
pub(crate) fn read(input: &[u8]) -> Result<Pickled<'_>, PickleError> {
    let mut machine =
        Machine { input, stack: Vec::new(), memo: HashMap::new(), containers: Vec::new() };
    for step in 0.. {
        if step == MOST_STEPS {
            return Err(damaged("its pickle never seems to end"));
        }
        if !machine.step()? {
            break;
        }
    }
    let Value::Dict(id) = machine.pop()? else {
        return Err(damaged("it holds no dictionary of tensors"));
    };
    let mut tensors = Vec::new();
    for pair in machine.containers[id].chunks_exact(2) {
        if let [Value::Text(name), Value::Tensor(tensor)] = pair {
            tensors.push((*name, *tensor));
        }
    }
    Ok(Pickled { containers: machine.containers, tensors })
}

fn damaged(reason: impl Into<String>) -> PickleError {
    PickleError::Damaged(reason.into())
}

impl<'a> Machine<'a> {
    /// Performs one instruction; false after the last.
    fn step(&mut self) -> Result<bool, PickleError> {
        let code = self.byte()?;
        match code {
            0x80 => _ = self.byte()?,                            // PROTO
            0x95 => _ = self.take(8)?,                           // FRAME
            b'(' => self.stack.push(Value::Mark),                // MARK
            b'.' => return Ok(false),                            // STOP
            b'0' => _ = self.pop()?,                             // POP
            b'1' => _ = self.pop_mark()?,                        // POP_MARK
            b'2' => self.stack.push(self.top()?),                // DUP
            b'N' | 0x88 | 0x89 => self.stack.push(Value::Plain), // NONE, NEWTRUE, NEWFALSE
            b'K' => self.int(1)?,                                // BININT1
            b'M' => self.int(2)?,                                // BININT2
            b'J' => self.int(4)?,                                // BININT
            0x8a => self.long()?,                                // LONG1
            b'G' => self.plain(8)?,                              // BINFLOAT
            b'U' | b'C' => {
                let size = self.size(1)?; // SHORT_BINSTRING, SHORT_BINBYTES
                self.text_or_plain(size)?;
            }
            b'T' | b'B' => {
                let size = self.size(4)?; // BINSTRING, BINBYTES
                self.text_or_plain(size)?;
            }
            0x8c => self.text(1)?,              // SHORT_BINUNICODE
            b'X' => self.text(4)?,              // BINUNICODE
            0x8d => self.text(8)?,              // BINUNICODE8
            b')' => self.new_tuple(Vec::new()), // EMPTY_TUPLE
            0x85..=0x87 => {
                let count = usize::from(code - 0x84); // TUPLE1, TUPLE2, TUPLE3
                let values = self.pop_many(count)?;
                self.new_tuple(values);
            }
            b't' => {
                let values = self.pop_mark()?; // TUPLE
                self.new_tuple(values);
            }
            b']' => self.new_container(Vec::new(), Value::List), // EMPTY_LIST
            b'l' => {
                let values = self.pop_mark()?; // LIST
                self.new_container(values, Value::List);
            }
            b'}' => self.new_container(Vec::new(), Value::Dict), // EMPTY_DICT
            b'd' => {
                let values = self.pop_mark()?; // DICT
                self.new_container(values, Value::Dict);
            }
            b'a' => {
                let values = self.pop_many(1)?; // APPEND
                self.extend(values)?;
            }
            b's' => {
                let values = self.pop_many(2)?; // SETITEM
                self.extend(values)?;
            }
            b'e' | b'u' => {
                let values = self.pop_mark()?; // APPENDS, SETITEMS
                self.extend(values)?;
            }
            b'q' => self.put(1)?, // BINPUT
            b'r' => self.put(4)?, // LONG_BINPUT
            0x94 => {
                let (key, top) = (self.memo.len() as u32, self.top()?); // MEMOIZE
                self.memo.insert(key, top);
            }
            b'h' => self.get(1)?, // BINGET
            b'j' => self.get(4)?, // LONG_BINGET
            b'c' => {
                let (module, name) = (self.line()?, self.line()?); // GLOBAL
                self.global(module, name)?;
            }
            0x93 => {
                let [module, name] = self.pop_array()?; // STACK_GLOBAL
                match (module, name) {
                    (Value::Text(module), Value::Text(name)) => self.global(module, name)?,
                    _ => return Err(damaged("it names a function by something else than text")),
                }
            }
            b'i' => {
                let (module, name) = (self.line()?, self.line()?); // INST
                return Err(PickleError::Code(format!("{module}.{name}")));
            }
            b'R' => self.reduce()?,     // REDUCE
            b'b' => self.build()?,      // BUILD
            b'Q' => self.persistent()?, // BINPERSID
            // OBJ, NEWOBJ, NEWOBJ_EX, EXT1, EXT2, EXT4
            b'o' | 0x81 | 0x92 | 0x82..=0x84 => {
                return Err(PickleError::Code("the constructor of an object".to_owned()));
            }
            other => return Err(damaged(format!("its pickle has the unknown code {other:#04x}"))),
        }
        Ok(true)
    }

    fn global(&mut self, module: &str, name: &str) -> Result<(), PickleError> {
        let value = match (module, name) {
            ("collections", "OrderedDict") => Value::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2") => Value::RebuildTensor,
            ("torch", "FloatStorage") => Value::StorageType(Element::F32),
            ("torch", "HalfStorage") => Value::StorageType(Element::F16),
            ("torch", "BFloat16Storage") => Value::StorageType(Element::BF16),
            ("torch", "DoubleStorage") => Value::StorageType(Element::F64),
            ("torch", "LongStorage") => Value::StorageType(Element::I64),
            ("torch", "IntStorage") => Value::StorageType(Element::I32),
            _ => return Err(PickleError::Code(format!("{module}.{name}"))),
        };
        self.stack.push(value);
        Ok(())
    }

    fn reduce(&mut self) -> Result<(), PickleError> {
        let [function, arguments] = self.pop_array()?;
        let Value::Tuple(arguments) = arguments else {
            return Err(damaged("a function is called without arguments"));
        };
        let arguments = &self.containers[arguments];
        match (function, &arguments[..]) {
            (Value::OrderedDict, []) => self.new_container(Vec::new(), Value::Dict),
            (
                Value::RebuildTensor,
                &[
                    Value::Storage { element, key, numbers },
                    Value::Int(offset),
                    Value::Tuple(shape),
                    Value::Tuple(strides),
                    ..,
                ],
            ) => {
                let tensor = PickledTensor { element, key, numbers, offset, shape, strides };
                self.stack.push(Value::Tensor(tensor));
            }
            (Value::OrderedDict | Value::RebuildTensor, _) => {
                return Err(damaged("a tensor or dictionary is put together in an unknown way"));
            }
            _ => return Err(PickleError::Code("something that is no function".to_owned())),
        }
        Ok(())
    }

    /// A state dictionary carries the versions of its modules as its state, which nothing reads.
    fn build(&mut self) -> Result<(), PickleError> {
        let [object, _state] = self.pop_array()?;
        if !matches!(object, Value::Dict(_)) {
            return Err(PickleError::Code("the state setter of an object".to_owned()));
        }
        self.stack.push(object);
        Ok(())
    }

    fn persistent(&mut self) -> Result<(), PickleError> {
        let Value::Tuple(id) = self.pop()? else {
            return Err(damaged("a storage is named by something else than a tuple"));
        };
        let &[
            Value::Text("storage"),
            Value::StorageType(element),
            Value::Text(key),
            Value::Text(_),
            Value::Int(numbers),
            ..,
        ] = &self.containers[id][..]
        else {
            return Err(damaged("a storage is described in an unknown way"));
        };
        self.stack.push(Value::Storage { element, key, numbers });
        Ok(())
    }

    fn extend(&mut self, values: Vec<Value<'a>>) -> Result<(), PickleError> {
        let (Value::Dict(id) | Value::List(id)) = self.top()? else {
            return Err(damaged("something is added to what is no dictionary or list"));
        };
        self.containers[id].extend(values);
        Ok(())
    }

    fn new_container(&mut self, values: Vec<Value<'a>>, kind: impl Fn(usize) -> Value<'a>) {
        self.stack.push(kind(self.containers.len()));
        self.containers.push(values);
    }

    fn new_tuple(&mut self, values: Vec<Value<'a>>) {
        self.new_container(values, Value::Tuple);
    }

    fn put(&mut self, size: usize) -> Result<(), PickleError> {
        let (key, top) = (self.size(size)? as u32, self.top()?);
        self.memo.insert(key, top);
        Ok(())
    }

    fn get(&mut self, size: usize) -> Result<(), PickleError> {
        let key = self.size(size)? as u32;
        let value =
            self.memo.get(&key).ok_or_else(|| damaged("it recalls what it never stored"))?;
        self.stack.push(*value);
        Ok(())
    }

    fn int(&mut self, size: usize) -> Result<(), PickleError> {
        let number = self.size(size)?;
        // Only the widest form has a sign.
        let number = if size == 4 { i64::from(number as i32) } else { number as i64 };
        self.stack.push(Value::Int(number));
        Ok(())
    }

    fn long(&mut self) -> Result<(), PickleError> {
        let size = self.size(1)?;
        let bytes = self.take(size)?;
        if bytes.len() > 8 {
            return Err(damaged("it holds a number of more than 64 bits"));
        }
        let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut wide = [if negative { 0xff } else { 0 }; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        self.stack.push(Value::Int(i64::from_le_bytes(wide)));
        Ok(())
    }

    fn text(&mut self, size: usize) -> Result<(), PickleError> {
        let size = self.size(size)?;
        let text = str::from_utf8(self.take(size)?).ok();
        let text = text.ok_or_else(|| damaged("a text in it is not UTF-8"))?;
        self.stack.push(Value::Text(text));
        Ok(())
    }

    /// Byte strings: names in files written by Python 2, else of no interest.
    fn text_or_plain(&mut self, size: usize) -> Result<(), PickleError> {
        let value = str::from_utf8(self.take(size)?).map_or(Value::Plain, Value::Text);
        self.stack.push(value);
        Ok(())
    }

    fn plain(&mut self, size: usize) -> Result<(), PickleError> {
        self.take(size)?;
        self.stack.push(Value::Plain);
        Ok(())
    }

    fn top(&self) -> Result<Value<'a>, PickleError> {
        self.stack.last().copied().ok_or_else(|| damaged("its pickle runs out of values"))
    }

    fn pop(&mut self) -> Result<Value<'a>, PickleError> {
        self.stack.pop().ok_or_else(|| damaged("its pickle runs out of values"))
    }

    fn pop_array<const N: usize>(&mut self) -> Result<[Value<'a>; N], PickleError> {
        let values = self.pop_many(N)?;
        values.try_into().ok().ok_or_else(|| damaged("its pickle runs out of values"))
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Value<'a>>, PickleError> {
        let rest = self.stack.len().checked_sub(count);
        let rest = rest.ok_or_else(|| damaged("its pickle runs out of values"))?;
        Ok(self.stack.split_off(rest))
    }

    fn pop_mark(&mut self) -> Result<Vec<Value<'a>>, PickleError> {
        let mark = self.stack.iter().rposition(|value| matches!(value, Value::Mark));
        let mark = mark.ok_or_else(|| damaged("its pickle misses a mark"))?;
        let values = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(values)
    }

    fn byte(&mut self) -> Result<u8, PickleError> {
        Ok(self.take(1)?[0])
    }

    /// A little-endian length or number of `size` bytes.
    fn size(&mut self, size: usize) -> Result<usize, PickleError> {
        Ok(self.take(size)?.iter().rev().fold(0, |number, &byte| number << 8 | usize::from(byte)))
    }

    fn line(&mut self) -> Result<&'a str, PickleError> {
        let end = self.input.iter().position(|&byte| byte == b'\n');
        let end = end.ok_or_else(|| damaged("its pickle ends too early"))?;
        let line = self.take(end + 1)?;
        str::from_utf8(&line[..end]).ok().ok_or_else(|| damaged("a name in it is not UTF-8"))
    }

    fn take(&mut self, size: usize) -> Result<&'a [u8], PickleError> {
        let (taken, rest) = self
            .input
            .split_at_checked(size)
            .ok_or_else(|| damaged("its pickle ends too early"))?;
        self.input = rest;
        Ok(taken)
    }
}
