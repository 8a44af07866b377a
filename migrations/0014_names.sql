-- The names of an import's ids are kept in a file of the job now (see exchange.bulk.names). An import that was under way
-- cannot go on: what it had named is not known any more. It ends here, so that nothing comes in twice.

update bulk.job
set state = 'failed', holder = null, leased_until = null, problem = convert_to(
  '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"processing","details":{"text":'
  '"This import was under way when Sekali was renewed, and cannot go on. Give what it did not take in once more."}}]}', 'utf8')
where kind = 'import' and state = 'running';

drop table bulk.name;
