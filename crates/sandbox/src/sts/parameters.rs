use super::action::Form;
use super::refusal::StsRefusal;

/// A parameter that must be there.
pub(super) fn required<'a>(
    form: &'a Form,
    name: &str,
    member: &str,
) -> Result<&'a str, StsRefusal> {
    let value = form.value(name).filter(|value| !value.is_empty());
    value.ok_or_else(|| {
        StsRefusal::validation(format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: \
             Member must not be null"
        ))
    })
}

/// `RoleSessionName`.
pub(super) fn session_name(form: &Form) -> Result<&str, StsRefusal> {
    let name = required(form, "RoleSessionName", "roleSessionName")?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if (2..=64).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(name);
    }
    Err(StsRefusal::validation(format!(
        "1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy \
         constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
    )))
}

/// `DurationSeconds`, within what STS allows at all.
pub(super) fn duration(form: &Form) -> Result<u64, StsRefusal> {
    let Some(text) = form.value("DurationSeconds") else {
        return Ok(3600);
    };
    match text.parse() {
        Ok(seconds @ 900..=43_200) => Ok(seconds),
        _ => Err(StsRefusal::validation(format!(
            "1 validation error detected: Value '{text}' at 'durationSeconds' failed to satisfy \
             constraint: Member must have value between 900 and 43200"
        ))),
    }
}
