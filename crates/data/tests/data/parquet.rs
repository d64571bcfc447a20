//! Parquet files hold the rows that JSON says they hold.

use std::ops::ControlFlow;
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, ListBuilder, StringBuilder, StructBuilder};
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DurationMicrosecondArray, Int64Array,
    RecordBatch, StringArray, TimestampMillisecondArray,
};
use arrow_schema::{DataType, Field, Fields};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use tunesmith_data::{Example, ImportError, ImportOptions, Imported, Message, import};
use tunesmith_protocol::Format;

use crate::support::{chat, dropped, examples, fixtures, read, read_with};

pub fn parquet_as(columns: Vec<(&str, ArrayRef)>, compression: Compression) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .expect("columns of one length");
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).expect("a writer");
    writer.write(&batch).expect("memory");
    writer.into_inner().expect("memory")
}

pub fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    parquet_as(columns, Compression::SNAPPY)
}

pub fn texts<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(texts.into_iter().collect::<StringArray>())
}

#[test]
fn rows_know_their_numbers_and_their_faults() {
    let prompt = texts([Some("q\n1"), None, Some("q3"), Some(" ")]);
    let bytes =
        parquet(vec![("prompt", prompt), ("completion", texts([Some("a\"1"), Some("a"), Some("é😀"), Some("a")]))]);
    let imported = read("rows.parquet", &bytes);
    assert_eq!(dropped(&imported), [(2, "missing_column"), (4, "empty_prompt")]);
    assert_eq!(imported.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(
        examples(&imported),
        [chat(&[("user", "q\n1"), ("assistant", "a\"1")]), chat(&[("user", "q3"), ("assistant", "é😀")]),]
    );
    assert_eq!(read("any name.csv", &bytes).rows.len(), 2, "its content says what it is");
}

#[test]
fn the_name_of_a_column_is_cut_before_it_is_written_into_each_row() {
    let long = "n".repeat(100_000);
    let column = |text| texts([Some(text), Some(text)]);
    let columns = vec![("prompt", column("q")), ("completion", column("a")), (long.as_str(), column("x"))];
    let imported = read("a.parquet", parquet(columns));
    assert_eq!(imported.rows.len(), 2);
    assert!(imported.rows.iter().all(|row| row.extra.keys().eq([&"n".repeat(1000)])));
    let told = format!("The name of a column is longer than 1000 characters and is cut there: “{}…”", "n".repeat(100));
    assert!(imported.problems.iter().all(|problem| *problem.message == *told), "{:?}", imported.problems[0]);
}

#[test]
fn every_packing_of_pages_is_read() {
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::ZSTD(Default::default()),
    ] {
        let bytes = parquet_as(vec![("text", texts([Some("one"), Some("two")]))], compression);
        assert_eq!(read("a.parquet", bytes).rows.len(), 2, "{compression:?}");
    }
}

/// A column with one list of two messages.
fn messages() -> ArrayRef {
    let fields = Fields::from(vec![
        Field::new("role", DataType::Utf8, true),
        Field::new("content", DataType::Utf8, true),
        Field::new("mood", DataType::Utf8, true),
        Field::new("weight", DataType::Float64, true),
    ]);
    let mut list = ListBuilder::new(StructBuilder::from_fields(fields, 4));
    for (role, content, weight) in [("user", "q", None), ("assistant", "a", Some(1.0))] {
        let message = list.values();
        message.field_builder::<StringBuilder>(0).expect("a field").append_value(role);
        message.field_builder::<StringBuilder>(1).expect("a field").append_value(content);
        message.field_builder::<StringBuilder>(2).expect("a field").append_null();
        message.field_builder::<Float64Builder>(3).expect("a field").append_option(weight);
        message.append(true);
    }
    list.append(true);
    Arc::new(list.finish())
}

#[test]
fn lists_of_messages_lose_the_fields_that_a_row_does_not_have() {
    let imported = read("a.parquet", parquet(vec![("messages", messages())]));
    assert_eq!(imported.problems, []);
    let answer = Message { weight: Some(1.0), ..Message::new("assistant", "a") };
    assert_eq!(examples(&imported), [Example::chat(vec![Message::new("user", "q"), answer])]);
}

/// A row with a cell of each kind.
fn kinds() -> Vec<(&'static str, ArrayRef)> {
    vec![
        ("text", texts([Some("x")])),
        ("flag", Arc::new(BooleanArray::from(vec![true]))),
        ("whole", Arc::new(Int64Array::from(vec![-7]))),
        ("day", Arc::new(Date32Array::from(vec![19_724]))),
        ("moment", Arc::new(TimestampMillisecondArray::from(vec![1_704_164_645_500]))),
        ("price", Arc::new(Decimal128Array::from(vec![12_345]).with_precision_and_scale(10, 2).expect("a decimal"))),
        ("number", Arc::new(arrow_array::Float32Array::from(vec![0.1]))),
        ("none", Arc::new(arrow_array::Float64Array::from(vec![f64::NAN]))),
        ("bytes as text", Arc::new(BinaryArray::from_vec(vec![b"caf\xC3\xA9"]))),
        ("picture", Arc::new(BinaryArray::from_vec(vec![b"\xFF\xD8\xFF"]))),
    ]
}

#[test]
fn every_kind_of_cell_becomes_json() {
    let bytes = parquet(kinds());
    let imported = read("a.parquet", bytes);
    assert_eq!(
        serde_json::to_string(&imported.rows[0].extra).expect("JSON"),
        r#"{"flag":true,"whole":-7,"day":"2024-01-02","moment":"2024-01-02 03:04:05.500","price":"123.45","number":0.1,"bytes as text":"café"}"#
    );
    assert_eq!(imported.summary.columns.len(), 10);
    let remark = &imported.problems[0];
    assert_eq!((remark.kind.as_str(), remark.dropped), ("not_text", false));
    assert!(remark.message.contains("“picture”"), "{}", remark.message);
}

#[test]
fn a_row_whose_text_is_bytes_is_a_problem() {
    let column = Arc::new(BinaryArray::from_vec(vec![b"fine", b"\xFF\xD8"]));
    let options = ImportOptions::of(Format::Text);
    let imported = read_with("a.parquet", parquet(vec![("text", column)]), &options).expect("an import");
    assert_eq!(dropped(&imported), [(2, "missing_column")]);
}

#[test]
fn a_file_that_says_far_more_than_it_holds_is_refused() {
    let zeros: ArrayRef = Arc::new(Int64Array::from(vec![0; 3_000_000]));
    let bytes = parquet(vec![("zero", zeros)]);
    assert!(bytes.len() < 100_000, "{} bytes", bytes.len());
    let error = read_with("a.parquet", bytes, &ImportOptions::default()).expect_err("a bomb");
    assert!(matches!(error, ImportError::Bomb { .. }), "{error}");
    let long = "x".repeat(1 << 20);
    let bytes =
        parquet_as(vec![("text", texts(vec![Some(long.as_str()); 400]))], Compression::ZSTD(Default::default()));
    assert!(bytes.len() < 100_000, "{} bytes", bytes.len());
    let error = read_with("a.parquet", bytes, &ImportOptions::default()).expect_err("a bomb");
    assert!(matches!(error, ImportError::Bomb { .. }), "{error}");
}

#[test]
fn a_cut_file_is_an_error() {
    let bytes = parquet(vec![("text", texts([Some("one"), Some("two")]))]);
    for cut in [4, 9, bytes.len() / 2, bytes.len() - 1] {
        let error = read_with("a.parquet", &bytes[..cut], &ImportOptions::default()).expect_err("a cut file");
        assert!(matches!(error, ImportError::Unreadable { .. }), "{cut}: {error}");
    }
    let none = parquet(vec![("text", texts([]))]);
    let error = read_with("a.parquet", none, &ImportOptions::default()).expect_err("no rows");
    assert!(matches!(error, ImportError::Empty { .. }), "{error}");
}

/// What scripts/reference/columnar.py wrote, with pyarrow and Hugging Face's datasets.
fn stored(name: &str) -> Imported {
    import(&[fixtures().join("columnar").join(name)], &ImportOptions::default(), &mut |_, _| ControlFlow::Continue(()))
        .expect("an import")
}

#[test]
fn columns_mean_what_their_writers_noted() {
    let classes = stored("class_label.parquet");
    let labels: Vec<Example> = examples(&classes);
    let is_named = |row: &Example| matches!(row, Example::Classification { label, .. } if label == "negative" || label == "positive");
    assert!(labels.len() == 2 && labels.iter().all(is_named), "{labels:?}");
    let sequences = stored("sequence_of_objects.parquet");
    assert_eq!((sequences.problems.len(), sequences.rows.len()), (0, 2), "{:?}", sequences.problems);
    let Example::Chat { messages, .. } = &sequences.rows[0].example else { panic!("a conversation") };
    let roles: Vec<&str> = messages.iter().map(|message| message.role.as_str()).collect();
    assert_eq!(roles, ["user", "assistant"]);
    let moments = stored("time_zone.parquet");
    for (row, moment) in moments.rows.iter().zip(["2024-07-01 09:30:00+02:00", "2024-01-01 08:30:00+01:00"]) {
        let Example::Chat { messages, .. } = &row.example else { panic!("a conversation") };
        assert_eq!(messages[1].content, moment);
    }
}

#[test]
fn durations_are_written_as_python_writes_them() {
    // str(timedelta(…)) in Python.
    let expected = ["0:00:00", "1:30:00", "2 days, 0:00:05.000250", "-1 day, 23:59:59"];
    let seconds = [0, 5400 * 1_000_000, (2 * 86_400 + 5) * 1_000_000 + 250, -1_000_000];
    let durations: ArrayRef = Arc::new(DurationMicrosecondArray::from(seconds.to_vec()));
    let rows = read("a.parquet", parquet(vec![("text", durations)]));
    let texts: Vec<Example> = expected.map(|text| Example::Text { text: text.into() }).into();
    assert_eq!(examples(&rows), texts);
}

#[test]
fn a_packing_that_is_not_read_is_named_and_no_damage() {
    // The file says Brotli, whatever lies in its pages.
    let bytes = parquet_as(vec![("text", texts([Some("one")]))], Compression::UNCOMPRESSED);
    let error = read_with("a.parquet", as_brotli(bytes), &ImportOptions::default()).expect_err("a packing");
    assert!(error.to_string().contains("packed with Brotli") && !error.to_string().contains("damaged"), "{error}");
}

/// The same file with another codec of its only column. In the footer field 4 of a column follows its path, field 3.
fn as_brotli(mut bytes: Vec<u8>) -> Vec<u8> {
    let path = b"\x19\x18\x04text\x15\x00";
    let at = bytes.windows(path.len()).rposition(|window| window == path).expect("the path of the column");
    bytes[at + path.len() - 1] = 8; // 4, zigzag
    bytes
}

#[test]
fn a_dataset_saved_by_hugging_face_is_read() {
    let imported = stored("saved_to_disk");
    assert!(!imported.rows.is_empty() && imported.problems.is_empty(), "{:?}", imported.problems);
    assert_eq!(imported.summary.format, Format::Completion);
}

/// `cargo nextest run --workspace --test data --run-ignored only seeds_for_fuzzing`
#[test]
#[ignore = "writes the seeds of a fuzz target"]
fn seeds_for_fuzzing() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/parquet");
    for (name, columns, compression) in [
        ("messages", vec![("messages", messages())], Compression::UNCOMPRESSED),
        ("kinds", kinds(), Compression::UNCOMPRESSED),
        ("packed", vec![("text", texts([Some("one"), None, Some("two")]))], Compression::ZSTD(Default::default())),
    ] {
        std::fs::write(format!("{folder}/{name}"), parquet_as(columns, compression)).expect("a file");
    }
}
